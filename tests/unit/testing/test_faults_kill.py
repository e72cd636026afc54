"""Faults that end the process, as ``kill -9`` does, and faults around a whole feature store."""

import os
import signal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.definitions import FileSource
from provender.errors import StoreError
from provender.plugin import Column, OnlineTable, SourceRead, Window
from provender.testing.faults import halves, kills, raises, with_faults
from provender.testing.faults.plugin import FaultyStores
from provender.testing.suites.store_opener import StoreOpener
from provender.types import Int64

TABLE = OnlineTable("shop", "sales")
ROWS = [(b"%d" % n, 1, 1, b"value") for n in range(4)]
KEYS = [row[0] for row in ROWS]


def end_of(work):
    """Do the work in a forked child and return how that ended; negative: by a signal."""
    child = os.fork()
    if not child:
        signal.alarm(60)
        try:
            work()
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def opener(tmp_path):
    return lambda role: StoreOpener(role, "local", None, tmp_path)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(("when", "done"), [("before", 0), ("half", 2), ("after", 4)])
def test_a_process_is_killed_at_a_write(opener, when, done):
    def write():
        store = with_faults(opener("online").open(), {"write": [None, kills(when)]})
        store.write(TABLE, [])
        store.write(TABLE, ROWS)

    assert end_of(write) == -signal.SIGKILL
    store = opener("online").open()
    found = [row is not None for row in store.read(TABLE, KEYS)]
    assert found == [n < done for n in range(4)]
    store.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize(("when", "done"), [("before", 0), ("half", 0), ("after", 1)])
def test_a_swap_is_done_or_not_when_a_process_is_killed_at_it(opener, when, done):
    def write():
        registry = with_faults(opener("registry").open(), {"write": [kills(when)]})
        registry.write("a", b"payload", 0)

    assert end_of(write) == -signal.SIGKILL
    registry = opener("registry").open()
    assert len(registry.history("a")) == done
    registry.close()


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_process_is_killed_when_half_of_a_result_is_read(opener, tmp_path):
    stamps = pa.array(range(10), pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"id": list(range(10)), "at": stamps}), tmp_path / "rows.parquet")
    read = SourceRead(FileSource("rows.parquet"), (Column("id", "id", Int64),), (), "at")
    note = tmp_path / "read"

    def consume():
        store = with_faults(opener("offline").open(), {"latest": [kills("half")]})
        for batch in store.latest(read, Window()):
            note.write_text(str(batch.num_rows))

    assert end_of(consume) == -signal.SIGKILL
    assert note.read_text() == "5"


def test_an_append_is_not_halved(opener, tmp_path):
    source = FileSource("rows", timestamp_field="at")
    table = pa.table({"id": [1, 2], "at": pa.array([1, 2], pa.timestamp("us", "UTC"))})
    real = opener("offline").open()
    store = with_faults(real, {"append": [halves()]})
    with pytest.raises(StoreError, match="half-way"):
        store.append(source, table)
    assert not list(tmp_path.glob("rows/*"))
    real.close()


def test_faults_are_put_around_the_stores_of_a_feature_store(repository):
    script = {"online": {"count": [raises()]}, "registry": {"names": [raises()]}}
    store = FaultyStores(script).around(repository.store())
    with pytest.raises(StoreError, match="on purpose"):
        store.stores.online.count(TABLE)
    assert store.stores.online.count(TABLE) == 0
    assert [call.failed for call in store.stores.online.calls] == [True, False]
    store.refresh()
    assert store.stores.offline.calls == []
    assert [call.method for call in store.stores.registry.calls] == ["read"]
