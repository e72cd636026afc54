"""Faults on demand, over the real stores of the local provider."""

import asyncio
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.definitions import FileSource
from provender.errors import Conflict, RegistryError, StoreError
from provender.plugin import Column, OnlineStore, OnlineTable, SourceRead, Window
from provender.testing.faults import halves, raises, repeats, times_out, with_faults
from provender.testing.suites.store_opener import StoreOpener
from provender.types import Int64

TABLE = OnlineTable("shop", "sales")
ROWS = [(b"%d" % n, 1, 1, b"value") for n in range(4)]


@pytest.fixture
def opened(tmp_path):
    stores = []

    def open_store(role):
        stores.append(StoreOpener(role, "local", None, tmp_path).open())
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


def written(store):
    return [row is not None for row in store.read(TABLE, [row[0] for row in ROWS])]


def test_calls_follow_the_script_and_work_when_it_ends(opened):
    store = with_faults(opened("online"), {"write": [None, raises()]})
    assert isinstance(store, OnlineStore)
    store.prepare([TABLE])
    store.write(TABLE, ROWS[:1])
    with pytest.raises(StoreError, match="on purpose"):
        store.write(TABLE, ROWS[1:])
    assert written(store) == [True, False, False, False]
    store.write(TABLE, ROWS)
    assert written(store) == [True] * 4
    calls = [(call.method, call.failed) for call in store.calls]
    assert calls[:3] == [("prepare", False), ("write", False), ("write", True)]


def test_given_error_is_raised(opened):
    store = with_faults(opened("online"), {"read": [raises(StoreError("the disk is full"))]})
    with pytest.raises(StoreError, match="the disk is full"):
        store.read(TABLE, [b"k"])


@pytest.mark.parametrize("done", [True, False])
def test_timeouts_leave_open_what_was_done(opened, done):
    store = with_faults(opened("online"), {"write": [times_out(done=done)]})
    with pytest.raises(StoreError, match="in time"):
        store.write(TABLE, ROWS)
    assert written(store) == [done] * 4


def test_half_of_a_write_is_done(opened):
    store = with_faults(opened("online"), {"write": [halves()]})
    with pytest.raises(StoreError, match="half-way"):
        store.write(TABLE, ROWS)
    assert written(store) == [True, True, False, False]


def test_repeated_write_is_harmless(opened):
    store = with_faults(opened("online"), {"write": [repeats(3)]})
    store.write(TABLE, ROWS)
    assert written(store) == [True] * 4


def test_registry_raises_its_own_errors_and_swaps_are_not_halved(opened):
    script = {"write": [halves(), times_out(done=True), repeats()]}
    registry = with_faults(opened("registry"), script)
    with pytest.raises(RegistryError, match="half-way"):
        registry.write("a", b"payload", 0)
    assert registry.read("a") is None
    with pytest.raises(RegistryError, match="in time"):
        registry.write("a", b"payload", 0)
    assert registry.read("a").payload == b"payload"
    with pytest.raises(Conflict):
        registry.write("a", b"again", 1)
    assert [document.version for document in registry.history("a")] == [1, 2]


def test_half_of_a_result_is_read(opened, tmp_path):
    stamps = pa.array(range(10), pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"id": list(range(10)), "at": stamps}), tmp_path / "rows.parquet")
    key = Column("id", "id", Int64)
    read = SourceRead(FileSource("rows.parquet"), (key,), (), "at")
    store = with_faults(opened("offline"), {"latest": [halves()]})
    reader = store.latest(read, Window())
    assert reader.read_next_batch().num_rows == 5
    with pytest.raises(StoreError, match="half-way"):
        reader.read_next_batch()
    assert store.latest(read, Window()).read_all().num_rows == 10


def test_script_may_name_only_methods_of_the_contract(opened):
    with pytest.raises(ValueError, match="wrte"):
        with_faults(opened("online"), {"wrte": [raises()]})


def test_twins_have_faults_of_their_own_that_do_not_stop_the_event_loop(opened):
    gate = threading.Event()

    def waits(call, args):
        assert gate.wait(10)
        return call(*args)

    script = {
        "write_async": [raises(), halves(), times_out(done=True), repeats()],
        "read_many_async": [waits],
    }
    store = with_faults(opened("online"), script)

    async def work():
        for number in range(3):
            with pytest.raises(StoreError):
                await store.write_async(TABLE, ROWS)
            assert written(store) == [number > 1 or n < 2 * number for n in range(4)]
        await store.write_async(TABLE, ROWS)
        asyncio.get_running_loop().call_soon(gate.set)
        (found,) = await store.read_many_async([(TABLE, [b"0"])])
        assert found == ROWS[:1]

    asyncio.run(work())
    twins = [call.failed for call in store.calls if call.method.endswith("_async")]
    assert twins == [True] * 3 + [False] * 2
