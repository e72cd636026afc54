"""Whatever a store does wrong while rows are pushed: nothing is lost, nothing goes back."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender import Entity, FeatureView, FileSource, PushSource
from provender.errors import ProvenderError, PushError
from provender.testing.faults import halves, raises, repeats, times_out
from provender.testing.faults.plugin import FaultyStores
from provender.types import Int64

pytestmark = pytest.mark.integration  # each fault is a whole run

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
VIEWS = ("first", "second")
BEFORE = {1: 10, 2: 20}
AFTER = {1: 10, 2: 21, 3: 30}
FAULTS = {
    "raises": raises,
    "lost": lambda: times_out(done=False),
    "done and lost": lambda: times_out(done=True),
    "halved": halves,
    "done twice": repeats,
}
CALLS = [
    ("offline", "append", 1),
    ("offline", "schema", 1),
    ("online", "prepare", 1),
    ("online", "prepare", 2),
    ("online", "write", 1),
    ("online", "write", 2),
    ("online", "write", 5),
    ("registry", "read", 1),
]


@pytest.fixture
def loaded(repository, instants):
    """Two views of one push source, whose rows so far are online."""
    repository.configure(materialization={"batch_rows": 1})
    columns = {"driver_id": pa.array([1, 2, 2], pa.int64()), "ts": instants(5, 6, 8)}
    stamps = {"created": instants(4, 4, 4)}
    repository.rows("stats/a.parquet", columns | {"v": [10, 20, 19]} | stamps)
    rows = FileSource("stats", timestamp_field="ts", created_timestamp_column="created")
    source = PushSource("events", batch_source=rows)
    store = repository.store()
    store.apply([DRIVER, *(FeatureView(n, source=source, entities=[DRIVER]) for n in VIEWS)])
    store.materialize_incremental(repository.clock() - timedelta(hours=3))
    assert online(store) == dict.fromkeys(VIEWS, BEFORE)
    return store


@pytest.fixture
def pushed(instants):
    """A newer row, a new key, and a row that is older than the one that is online."""
    ids = pa.array([2, 3, 1], pa.int64())
    stamps = {"ts": instants(1, 7, 9), "created": instants(1, 1, 1)}
    return pa.table({"driver_id": ids, "v": [21, 30, 9], **stamps})


def online(store):
    found = {}
    for view in VIEWS:
        keys = [1, 2, 3]
        values = store.get_online_features([f"{view}:v"], {"driver_id": keys}).to_dict()["v"]
        found[view] = {key: v for key, v in zip(keys, values, strict=True) if v is not None}
    return found


def offline(repository):
    return pq.read_table(repository.path / "stats")["v"].to_pylist()


def check_midway(repository, store):
    """Nothing went back, a source has all rows or none, and what is online is offline too."""
    kept = sorted(set(offline(repository)))
    assert kept in ([10, 19, 20], [9, 10, 19, 20, 21, 30])
    for values in online(store).values():
        assert all(values[key] in (BEFORE.get(key), AFTER[key]) for key in values)
        assert set(values) >= set(BEFORE)
        assert set(values.values()) <= set(kept)


@pytest.mark.values(16)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]} {call[2]}")
def test_a_push_with_a_fault_and_another_do_what_one_does(repository, loaded, pushed, call, fault):
    role, method, number = call
    script = {role: {method: [None] * (number - 1) + [FAULTS[fault]()]}}
    store = FaultyStores(script).around(repository.store())
    with suppress(ProvenderError):
        store.push("events", pushed, to="both")
    assert len([c for c in getattr(store.stores, role).calls if c.method == method]) >= number
    check_midway(repository, loaded)
    store.push("events", pushed, to="both")
    assert online(loaded) == dict.fromkeys(VIEWS, AFTER)
    assert set(offline(repository)) == {9, 10, 19, 20, 21, 30}
    loaded.materialize_incremental(repository.clock())
    assert online(loaded) == dict.fromkeys(VIEWS, AFTER)


@pytest.mark.values(4)
@pytest.mark.parametrize("fault", ["raises", "lost", "halved"])
@pytest.mark.parametrize("number", [1, 2, 4, 6])
def test_materialization_brings_what_a_push_left_offline(repository, loaded, pushed, number, fault):
    script = {"online": {"write": [None] * (number - 1) + [FAULTS[fault]()]}}
    store = FaultyStores(script).around(repository.store())
    with pytest.raises(PushError, match="the push failed"):
        store.push("events", pushed, to="both")
    loaded.materialize_incremental(repository.clock())
    assert online(loaded) == dict.fromkeys(VIEWS, AFTER)


@pytest.mark.values(5)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_faulty_write_to_the_online_store_is_mended_by_another(
    repository, loaded, pushed, number, fault
):
    script = {"online": {"write": [None] * (number - 1) + [FAULTS[fault]()]}}
    store = FaultyStores(script).around(repository.store())
    with suppress(PushError):
        store.write_to_online_store("first", pushed)
    assert online(loaded)["second"] == BEFORE
    store.write_to_online_store("first", pushed)
    assert online(loaded) == {"first": AFTER, "second": BEFORE}
    assert offline(repository) == [10, 20, 19]


@pytest.mark.parametrize("fault", ["raises", "lost", "done and lost", "halved"])
def test_a_faulty_write_to_the_offline_store_is_whole_or_nothing(repository, loaded, pushed, fault):
    store = FaultyStores({"offline": {"append": [FAULTS[fault]()]}}).around(repository.store())
    with pytest.raises(PushError):
        store.write_to_offline_store("first", pushed)
    check_midway(repository, loaded)
    store.write_to_offline_store("first", pushed)
    assert set(offline(repository)) == {9, 10, 19, 20, 21, 30}
    loaded.materialize_incremental(repository.clock())
    assert online(loaded) == dict.fromkeys(VIEWS, AFTER)
