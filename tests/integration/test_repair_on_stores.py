"""Repairs of entities on every online store: real clients against real servers."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from uuid import uuid4

import pyarrow as pa
import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.repair import RepairReport
from provender.testing.faults.plugin import FaultyStores
from provender.types import Float64, Int64
from servers.online_stores import dynamodb, firestore, postgres, redis, remote

DRIVER = Entity("driver", join_keys=["driver_id"], value_type=Int64)
ALL = {"driver_id": [1, 2, 3, 4, 5]}


@pytest.fixture(scope="module", params=[redis, postgres, dynamodb, firestore, remote])
def online_store(request, tmp_path_factory):
    with ExitStack() as context:
        yield request.param(context, tmp_path_factory.mktemp("server"))


@pytest.fixture
def configured(repository, online_store):
    repository.configure(project=f"p{uuid4().hex[:12]}", online_store=online_store)
    return repository


def source(repository, instants, rows):
    """Write the source: driver, hours of the event and of its creation before noon, value, note."""
    numbers, hours, made, wind, note = map(list, zip(*rows, strict=True))
    columns = {"driver_id": numbers, "ts": instants(*hours), "made": instants(*made)}
    columns |= {"wind": pa.array(wind, pa.float64()), "note": pa.array(note, pa.int64())}
    repository.rows("stats.parquet", columns)


def served(store):
    found = store.get_online_features(["stats"], ALL).to_dict(include_statuses=True)
    return list(zip(found["wind"], found["note"], found["wind__status"], strict=True))


WRONG = [
    (1, 8, 8, 10.0, 1),
    (1, 7, 7, 999.0, 1),
    (2, 6, 6, 20.0, 2),
    (3, 5, 5, 30.0, 3),
    (4, 4, 4, 40.0, 4),
    (4, 4, 3, 41.0, 4),
    (5, 30, 30, 50.0, 5),
]
MENDED = [
    (1, 8, 8, 10.0, 1),
    (2, 6, 6, 21.0, None),
    (4, 4, 4, 40.0, 4),
    (5, 30, 30, 50.0, 5),
]


@pytest.fixture(params=[None, "made"], ids=["no created timestamp", "created"])
def store(request, configured, instants):
    source(configured, instants, WRONG)
    rows = FileSource("stats.parquet", timestamp_field="ts", created_timestamp_column=request.param)
    schema = [Field("wind", Float64), Field("note", Int64)]
    found = configured.store()
    found.apply([DRIVER, FeatureView("stats", source=rows, entities=[DRIVER], schema=schema)])
    found.materialize_incremental(configured.clock())
    yield found
    found.teardown()


def test_wrong_rows_are_made_equal_to_the_offline_store(store, configured, instants):
    source(configured, instants, MENDED)
    (report,) = store.repair(ALL)
    created = store.get_feature_view("stats").source.created_timestamp_column
    older = 2 if created else 1
    expected = RepairReport("stats", 5, equal=1, written=3 - older, replaced=older, deleted=1)
    assert report == expected
    assert served(store) == [
        (10.0, 1, "PRESENT"),
        (21.0, None, "PRESENT"),
        (None, None, "NOT_FOUND"),
        (40.0, 4, "PRESENT"),
        (50.0, 5, "PRESENT"),
    ]
    assert store.repair(ALL) == [RepairReport("stats", 5, equal=5)]
    start = configured.clock() - timedelta(days=9)
    (again,) = store.materialize(start, configured.clock())
    assert (again.read, again.rows, again.equal, again.kept_back) == (4, 0, 4, 0)


def test_what_comes_meanwhile_and_is_newer_stays(store, configured, instants):
    """Before the row is swapped, and before it is deleted."""

    def pushed(number):
        now = configured.clock()
        row = {"driver_id": number, "ts": now, "made": now, "wind": 500.0, "note": 0}
        return lambda call, args: (store.write_to_online_store("stats", [row]), call(*args))[1]

    source(configured, instants, MENDED)
    script = {"online": {"swap": [pushed(1)], "read": [None, pushed(3)]}}
    other = FaultyStores(script).around(configured.store())
    assert other.repair({"driver_id": [1, 3]}) == [RepairReport("stats", 2, kept=2)]
    assert [row[0] for row in served(store)] == [500.0, 20.0, 500.0, 41.0, 50.0]
