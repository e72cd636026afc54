"""A registry of thousands of views: how soon it is at hand, and planned, in new processes.

``python -m benchmarks.big_catalog WHAT HOME VIEWS`` is one of these processes.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, milliseconds, ratio, timed
from benchmarks.process import answer
from benchmarks.sizes import Sizes

FEATURES = [f"feature_{number}" for number in range(20)]
SOURCES = 50
WORKS = {
    "load": ("the catalog at hand", 300),
    "serve": ("the first online read answered", 0),
    "list": ("all views listed", 0),
    "plan": ("planned, nothing changed", 1000),
    "plan_one": ("planned, one view changed", 1000),
}
"""What is measured and the milliseconds that are aimed at; 0: no aim."""


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Register the views once, then time each work in new processes, in turns with json.loads."""
    views, home = str(sizes.views), str(directory / "store")
    answer("-m", "benchmarks.big_catalog", "make", home, views)
    seconds: dict[str, list[float]] = {what: [] for what in (*WORKS, "json")}
    for _ in range(sizes.rounds):
        for what, measured in seconds.items():
            measured.append(answer("-m", "benchmarks.big_catalog", what, home, views)["seconds"])
    return [_figure(what, seconds, sizes) for what in WORKS]


def _figure(what: str, seconds: dict[str, list[float]], sizes: Sizes) -> Figure:
    label, aim = WORKS[what]
    base = seconds["json"]
    return Figure(
        f"{sizes.views:,} views × {len(FEATURES)}: {label}",
        milliseconds(seconds[what]),
        f"{milliseconds(base)} (json.loads)",
        ratio(seconds[what], base),
        f"≤ {aim:,} ms" if aim else "",
        statistics.median(seconds[what]) * 1000 <= aim if aim else None,
    )


def _objects(views: int, changed: int | None = None) -> list[Any]:
    """Return the definitions; the view of the number `changed` has another description."""
    from provender import Entity, FeatureView, Field, FileSource
    from provender.types import Float64, Int64

    driver = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
    sources = [
        FileSource("rows.parquet", name=f"source_{number}", timestamp_field="ts")
        for number in range(SOURCES)
    ]
    schema = [Field(name, Float64) for name in FEATURES]
    found = [
        FeatureView(
            f"view_{number}",
            source=sources[number % SOURCES],
            entities=[driver],
            schema=schema,
            ttl=timedelta(days=7),
            description="changed" if number == changed else "",
        )
        for number in range(views)
    ]
    return [driver, *found]


def make(home: Path, views: int) -> float:
    """Register the views."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from provender import FeatureStore

    home.mkdir()
    (home / "feature_store.yaml").write_text(
        "project: bench\nregistry: registry.db\nonline_store: {path: online.db}\n"
    )
    instant = pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    columns = {name: pa.array([0.5]) for name in FEATURES}
    pq.write_table(pa.table({"driver_id": [1], "ts": instant, **columns}), home / "rows.parquet")
    with FeatureStore(home) as store:
        return timed(lambda: store.apply(_objects(views)))


def load(home: Path, views: int) -> float:
    """Open the store, its plug-ins and its registry, and read the catalog."""
    from provender import FeatureStore

    return timed(lambda: FeatureStore(home).catalog)


def serve(home: Path, views: int) -> float:
    """As `load`, and answer an online request for one feature."""
    from provender import FeatureStore

    return timed(
        lambda: FeatureStore(home).get_online_features(["view_3:feature_3"], {"driver_id": [1]})
    )


def list_all(home: Path, views: int) -> float:
    """As `load`, and make an object of every view."""
    from provender import FeatureStore

    return timed(lambda: FeatureStore(home).list_feature_views())


def plan(home: Path, views: int, changed: int | None = None) -> float:
    """Open the store and plan the definitions, which are there already."""
    from provender import FeatureStore

    objects = _objects(views, changed)
    found: list[int] = []

    def work() -> None:
        found.append(len(FeatureStore(home).plan(objects, partial=False).changes))

    seconds = timed(work)
    if found != [0 if changed is None else 1]:
        raise SystemExit(f"the plan has {found[0]} changes")
    return seconds


def bare_json(home: Path, views: int) -> float:
    """Decode the catalog's document with the standard library."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(home / "registry.db")) as connection:
        (payload,) = connection.execute("SELECT payload FROM provender_documents").fetchone()
    return timed(lambda: json.loads(payload))


PROCESSES: dict[str, Callable[[Path, int], float]] = {
    "make": make,
    "load": load,
    "serve": serve,
    "list": list_all,
    "plan": plan,
    "plan_one": lambda home, views: plan(home, views, changed=views // 2),
    "json": bare_json,
}


if __name__ == "__main__":
    seconds = PROCESSES[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))
    print(json.dumps({"seconds": seconds}))
