"""The same repositories in Feast and in Provender: runs under either, prints what comes out.

Written for Feast's Python API; whichever package the import name ``feast`` means is looked at. Each
case runs in a folder of its own below the current one; the answers are one object of JSON.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import sys
import warnings
from contextlib import redirect_stdout, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
YAML = """
project: peers
provider: local
registry: registry.db
online_store: {type: sqlite, path: online.db}
offline_store: {type: file}
entity_key_serialization_version: 3
"""


def rows(file, columns, types=None):
    table = pa.table(columns)
    for name, kind in (types or {}).items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(place).cast(kind))
    pq.write_table(table, file)


def opened(fields, ttl=None, created="created", **more):
    """Make a repository with one view of ``rows.parquet``."""
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType

    Path("feature_store.yaml").write_text(YAML)
    driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
    source = FileSource(
        name="source", path="rows.parquet", timestamp_field="ts", created_timestamp_column=created
    )
    schema = [Field(name=name, dtype=kind) for name, kind in fields.items()]
    view = FeatureView(
        name="v", entities=[driver], ttl=ttl or timedelta(0), schema=schema, source=source, **more
    )
    store = FeatureStore(repo_path=".")
    store.apply([driver, view])
    return store


def joined(store, ids, instants, *features):
    frame = pd.DataFrame({"driver_id": ids, "event_timestamp": instants})
    wanted = [f"v:{name}" for name in features]
    return store.get_historical_features(entity_df=frame, features=wanted)


def online(store, ids, *features):
    wanted = [f"v:{name}" for name in features]
    entities = [{"driver_id": one} for one in ids]
    return store.get_online_features(features=wanted, entity_rows=entities).to_dict()


def plain(values):
    """Return values as JSON has them; what is missing is null."""
    return [
        None if pd.isna(value) else getattr(value, "item", lambda v=value: v)() for value in values
    ]


def one_row(x=1, ts=NOON, created=NOON, key=1):
    return {"driver_id": [key], "ts": [ts], "created": [created], "x": [x]}


def rows_kept():
    """Entity rows of a join: four, two of them equal, one without features, one without a key"""
    from feast.types import Int64

    rows("rows.parquet", one_row())
    store = opened({"x": Int64})
    ids = pd.array([1, 1, 9, None], dtype="Int64")
    found = joined(store, ids, [NOON] * 4, "x").to_df()
    return f"{len(found)} rows"


def order_kept():
    """Order of the rows of a join, by keys 3, 1, 2"""
    from feast.types import Int64

    keys = [1, 2, 3]
    rows("rows.parquet", {"driver_id": keys, "ts": [NOON] * 3, "created": [NOON] * 3, "x": keys})
    found = joined(opened({"x": Int64}), [3, 1, 2], [NOON, NOON + HOUR, NOON + 2 * HOUR], "x")
    return plain(found.to_df()["driver_id"].tolist())


def tie():
    """Two rows of one event timestamp: 1 was created later, 2 comes later in the file"""
    from feast.types import Int64

    both = {"driver_id": [1, 1], "ts": [NOON] * 2, "created": [NOON + HOUR, NOON], "x": [1, 2]}
    rows("rows.parquet", both)
    return plain(joined(opened({"x": Int64}), [1], [NOON + HOUR * 2], "x").to_df()["x"].tolist())


def end_of_ttl():
    """Join at the very end of the ttl, and 1 µs later"""
    from feast.types import Int64

    rows("rows.parquet", one_row())
    store = opened({"x": Int64}, ttl=HOUR)
    instants = [NOON + HOUR, NOON + HOUR + timedelta(microseconds=1)]
    found = joined(store, [1, 1], instants, "x").to_df().sort_values("event_timestamp")
    return plain(found["x"].tolist())


def ttl_online():
    """Online read of a row that is older than its ttl"""
    from feast.types import Int64

    rows("rows.parquet", one_row())
    store = opened({"x": Int64}, ttl=HOUR)
    store.materialize(NOON - HOUR, NOON + HOUR)
    return plain(online(store, [1], "x")["x"])


def late_row():
    """A row that arrives after the run that covers its time, incremental run"""
    from feast.types import Int64

    rows("rows.parquet", one_row())
    store = opened({"x": Int64})
    store.materialize(NOON - 10 * HOUR, NOON + HOUR)
    late = {name: values * 2 for name, values in one_row().items()}
    late |= {"driver_id": [1, 2], "created": [NOON, NOON + 2 * HOUR], "x": [1, 2]}
    rows("rows.parquet", late)
    store.materialize_incremental(NOON + 3 * HOUR)
    return plain(online(store, [2], "x")["x"])


def older_event():
    """An older event (1) written online after a newer one (2)"""
    from feast.types import Int64

    rows("rows.parquet", one_row())
    store = opened({"x": Int64})
    for value, instant in ((2, NOON), (1, NOON - HOUR)):
        frame = pd.DataFrame(one_row(value, instant, instant))
        store.write_to_online_store("v", frame)
    return plain(online(store, [1], "x")["x"])


def large_integers():
    """Int64 2^53 + 1 beside a row without features, of a join"""
    from feast.types import Int64

    rows("rows.parquet", one_row(2**53 + 1))
    found = joined(opened({"x": Int64}), [1, 9], [NOON, NOON], "x").to_df()
    return plain(found.sort_values("driver_id")["x"].tolist())


def microseconds():
    """Row at 12:00:00.000001, join at 12:00:00.000000 and at 12:00:00.000001"""
    from feast.types import Int64

    tick = timedelta(microseconds=1)
    rows("rows.parquet", one_row(1, NOON + tick, NOON + tick))
    found = joined(opened({"x": Int64}), [1, 1], [NOON, NOON + tick], "x").to_df()
    return plain(found.sort_values("event_timestamp")["x"].tolist())


def null_in_list():
    """Array(Int64) with a null in it, read online"""
    from feast.types import Array, Int64

    row = one_row() | {"x": pa.array([[1, None, 3]], pa.list_(pa.int64()))}
    rows("rows.parquet", row)
    store = opened({"x": Array(Int64)})
    store.materialize(NOON - HOUR, NOON + HOUR)
    return online(store, [1], "x")["x"]


def declared_type():
    """Field declared Float32 over a column of doubles: the type of training rows"""
    from feast.types import Float32

    rows("rows.parquet", one_row(0.1))
    table = joined(opened({"x": Float32}), [1], [NOON], "x").to_arrow()
    return str(table.schema.field("x").type)


def wide_view():
    """A view of 1,000 features, joined and read online"""
    from feast.types import Int64

    names = [f"f{n}" for n in range(1000)]
    key = {name: values for name, values in one_row().items() if name != "x"}
    rows("rows.parquet", key | {name: [n] for n, name in enumerate(names)})
    store = opened(dict.fromkeys(names, Int64))
    store.materialize(NOON - HOUR, NOON + HOUR)
    found = joined(store, [1], [NOON], *names).to_df()
    return [int(found["f999"].iloc[0]), online(store, [1], *names)["f999"][0]]


def concurrent_applies():
    """Eight processes that each apply one view of their own: views that are registered"""
    from feast import FeatureStore
    from feast.types import Int64

    rows("rows.parquet", one_row())
    opened({"x": Int64})
    with multiprocessing.get_context("spawn").Pool(8) as pool:
        pool.map_async(apply_one, [f"w{n}" for n in range(8)]).get(timeout=200)
    found = {view.name for view in FeatureStore(repo_path=".").list_feature_views()} - {"v"}
    return f"{len(found)} of 8" if len(found) == 8 else "fewer than 8"


def apply_one(name):
    """Apply a view of one more name; one that cannot be applied is not registered."""
    with suppress(Exception):
        apply_view(name)


def apply_view(name):
    from feast import FeatureStore, FeatureView, Field, FileSource
    from feast.types import Int64

    store = FeatureStore(repo_path=".")
    source = FileSource(name=f"source_{name}", path="rows.parquet", timestamp_field="ts")
    entity = store.get_entity("driver")
    view = FeatureView(
        name=name, entities=[entity], schema=[Field(name="x", dtype=Int64)], source=source
    )
    store.apply([view])


def answer(case):
    """Return what comes out of a case; of an error its class."""
    folder, home = Path(case.__name__), Path.cwd()
    folder.mkdir()
    os.chdir(folder)
    try:
        with redirect_stdout(sys.stderr):
            return case()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what a user would get
        return type(error).__name__
    finally:
        os.chdir(home)


CASES = [
    rows_kept,
    order_kept,
    tie,
    end_of_ttl,
    ttl_online,
    late_row,
    older_event,
    large_integers,
    microseconds,
    null_in_list,
    declared_type,
    wide_view,
    concurrent_applies,
]

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    print(json.dumps({case.__name__: answer(case) for case in CASES}))
