"""Rebuilding online rows, against the first materialization of the same rows."""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.engines import redis
from benchmarks.figures import Figure, ratio
from benchmarks.process import answer
from benchmarks.repository import open_store
from benchmarks.rows import write_entities
from benchmarks.sizes import Sizes

AIM = 1.1
_NO_WAIT = "{path: registry.db, write_cache_ttl_seconds: 0}"
"""A registry with which a rebuild does not wait for those who write under an older catalog."""


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Materialize into an empty store and rebuild, each in a new process, in turns."""
    file = directory / "entities.parquet"
    write_entities(file, sizes.materialized)
    figures: list[Figure] = []
    for name, server in {"SQLite": _sqlite, "Redis": redis}.items():
        with server(directory) as online:
            if online is None:
                print(f"{name} is not installed: not measured")
            else:
                figures.append(_figure(name, online, directory / name, file, sizes))
    return figures


def _figure(name: str, online: str, home: Path, file: Path, sizes: Sizes) -> Figure:
    first, again = [], []
    for _ in range(sizes.long_rounds):
        shutil.rmtree(home, ignore_errors=True)
        for what, seconds in (("first", first), ("rebuild", again)):
            found = answer("-m", "benchmarks.rebuild", what, online, str(home), str(file))
            seconds.append(found["seconds"])
    count, share = sizes.materialized, ratio(again, first)
    ours, base = (f"{count / statistics.median(taken):,.0f}/s" for taken in (again, first))
    what = f"rebuild {count:,} × 10 in {name}"
    return Figure(what, ours, f"{base} (first materialization)", share, f"≤ {AIM}", share <= AIM)


@contextmanager
def _sqlite(directory: Path) -> Iterator[str | None]:
    yield "{path: online.db}"


def work(what: str, online: str, home: Path, file: Path) -> float:
    """Return how long a rebuild takes, or the first materialization before it."""
    with open_store(home, file, online=online, registry=_NO_WAIT) as store:
        if what == "first":
            store.stores.online.drop([store.refresh().view("v").table])
        start = time.perf_counter()
        if what == "first":
            store.materialize_incremental(datetime.now(UTC))
        else:
            store.rebuild()
        return time.perf_counter() - start


if __name__ == "__main__":
    which, where, *paths = sys.argv[1:]
    print(json.dumps({"seconds": work(which, where, *map(Path, paths))}))
