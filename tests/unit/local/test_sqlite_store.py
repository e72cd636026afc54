"""The SQLite store keeps its rows apart, merges them as the law says, and shares its file."""

from __future__ import annotations

import gc
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.tiers import examples
from provender.errors import StoreError
from provender.plugin import OnlineTable
from provender.testing.oracle.online import OnlineOracle
from provender_local import sqlite_store
from provender_local.sqlite_store import SqliteStore

TABLE = OnlineTable("test", "stats")
ROW = (b"k", 2, 0, b"value")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "online.db"


@pytest.fixture
def store(path):
    found = SqliteStore(path, 30)
    yield found
    found.close()


def test_reading_makes_no_file(store, path):
    assert store.read(TABLE, [b"k"]) == [None]
    assert store.count(TABLE) == 0
    store.drop([TABLE])
    assert not path.parent.exists()


def test_a_table_that_is_not_there_reads_as_empty(store):
    store.prepare([TABLE])
    other = OnlineTable("test", "never_prepared")
    assert store.read(other, [b"a", b"b"]) == [None, None]
    assert store.read(other, []) == []
    assert store.count(other) == 0


NAMES = [
    ("test", "stats", 0),
    ("test", "Stats", 0),
    ("Test", "stats", 0),
    ("test", "^stats", 0),
    ("test", "^^stats", 0),
    ("test", "stats", 1),
    ("test.stats", "0", 0),
    ("test", "stats.0", 0),
    ("test", 'x"; DROP TABLE "test.stats.0"; --', 0),
    ("test", "it's", 0),
    ("test", "größe 🦉", 0),
    ("test", "GRÖSSE 🦉", 0),
    ("test", "", 0),
    ("test", "nul\0nul", 0),
    ("sqlite_", "master", 0),
]


def test_tables_of_any_names_are_apart(store):
    tables = [OnlineTable(project, view, None, number) for project, view, number in NAMES]
    store.prepare(tables)
    for number, table in enumerate(tables):
        store.write(table, [(b"k", 1, 0, b"%d" % number)])
    found = [store.read(table, [b"k"])[0][3] for table in tables]
    assert found == [b"%d" % number for number in range(len(tables))]
    for number, table in enumerate(tables):
        store.drop([table])
        left = [store.count(other) for other in tables]
        assert left == [int(other > number) for other in range(len(tables))]


@given(st.lists(st.text(st.sampled_from("aA^.-0bB\"'"), max_size=4), unique=True, max_size=8))
@settings(deadline=None, max_examples=examples(50))
def test_names_never_meet_in_one_table(names):
    from provender_local.sqlite_tables import quoted_name

    tables = [OnlineTable(*pair) for pair in combinations(names, 2)]
    assert len({quoted_name(table).lower() for table in tables}) == len(tables)


small = st.integers(-2, 2)
rows = st.tuples(st.sampled_from([b"", b"\0", b"a", b"A", b"\xff"]), small, small, st.binary())
batches = st.lists(st.lists(rows, max_size=12), max_size=8)


@given(batches)
@settings(deadline=None, max_examples=examples(60))
def test_any_batches_merge_as_the_oracle_says(tmp_path_factory, batches):
    store, oracle = SqliteStore(tmp_path_factory.mktemp("merge") / "online.db", 30), OnlineOracle()
    keys = [b"a", b"", b"a", b"A", b"\xff", b"\0", b"missing"]
    for batch in batches:
        store.write(TABLE, batch)
        oracle.write(TABLE, batch)
        assert store.read(TABLE, keys) == oracle.read(TABLE, keys)
        assert store.count(TABLE) == sum(row is not None for row in oracle.read(TABLE, keys[1:-1]))
    store.close()


def test_the_whole_range_of_timestamps_is_kept(store):
    ends = [(b"low", -(2**63), -(2**63), b""), (b"high", 2**63 - 1, 2**63 - 1, b"")]
    store.write(TABLE, ends)
    store.write(TABLE, [(b"high", 2**63 - 1, 2**63 - 2, b"older")])
    assert store.read(TABLE, [b"low", b"high"]) == ends


def test_ten_thousand_keys_keep_their_order_and_their_repetitions(store):
    written = [(n.to_bytes(4, "big"), n, 0, b"%d" % n) for n in range(12_000)]
    store.write(TABLE, written[::-1])
    keys = [(n * 7919 % 15_000).to_bytes(4, "big") for n in range(10_000)] + [b"\0\0\0\1"] * 3
    stored = {row[0]: row for row in written}
    assert store.read(TABLE, keys) == [stored.get(key) for key in keys]


def test_closing_twice_and_from_many_threads_leaves_a_store_of_use(store):
    store.write(TABLE, [ROW])
    with ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            pool.submit(store.close)
            assert pool.submit(store.read, TABLE, [b"k"]).result() == [ROW]
    store.close()
    store.close()
    assert store.read(TABLE, [b"k"]) == [ROW]


def test_a_store_that_is_forgotten_closes_its_file(path):
    store = SqliteStore(path, 30)
    store.write(TABLE, [ROW])
    del store
    gc.collect()
    assert [file.name for file in path.parent.iterdir()] == ["online.db"], "no log is left"


def test_a_file_that_was_deleted_is_made_anew_by_the_next_write(store, path):
    store.write(TABLE, [ROW])
    for file in path.parent.iterdir():
        file.unlink()
    newer = (b"other", 3, 0, b"value")
    store.write(TABLE, [newer])
    assert store.read(TABLE, [b"k", b"other"]) == [None, newer]
    with SqliteStoreOpened(path) as second:
        assert second.read(TABLE, [b"other"]) == [newer]


class SqliteStoreOpened:
    def __init__(self, path):
        self.store = SqliteStore(path, 30)

    def __enter__(self):
        return self.store

    def __exit__(self, *_):
        self.store.close()


MANY = 8


def merged(writers, keys=20, versions=25):
    return [(b"%d" % key, versions - 1, writers - 1, b"%d" % (writers - 1)) for key in range(keys)]


def test_eight_threads_write_and_read_one_store(store):
    gate = threading.Barrier(MANY)

    def write(writer):
        gate.wait(60)
        for version in sorted(range(25), key=lambda n: (n * 11 + writer) % 25):
            store.write(TABLE, [(b"%d" % n, version, writer, b"%d" % writer) for n in range(20)])
            (found,) = store.read(TABLE, [b"3"])
            assert (found[1], found[2]) >= (version, writer)

    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(write, range(MANY)))
    assert store.read(TABLE, [b"%d" % n for n in range(20)]) == merged(MANY)
    assert store.count(TABLE) == 20


WRITER = """
import sys
from pathlib import Path
from provender.plugin import OnlineTable
from provender_local.sqlite_store import SqliteStore

path, writer = Path(sys.argv[1]), int(sys.argv[2])
table, store = OnlineTable("test", "stats"), SqliteStore(path, 60)
print("ready", flush=True)
sys.stdin.readline()
for version in sorted(range(25), key=lambda n: (n * 11 + writer) % 25):
    store.write(table, [(b"%d" % n, version, writer, b"%d" % writer) for n in range(20)])
    (found,) = store.read(table, [b"3"])
    assert (found[1], found[2]) >= (version, writer)
print("done", flush=True)
"""


@pytest.mark.integration
def test_four_processes_make_and_write_one_file(start, store, path):
    writers = [start(WRITER, path, number) for number in range(4)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("begin\n")
        writer.stdin.flush()
    for writer in writers:
        printed, errors = writer.communicate(timeout=120)
        assert printed == "done\n", errors
    assert store.read(TABLE, [b"%d" % n for n in range(20)]) == merged(4)


FORKING = """
import os, sys
from pathlib import Path
from provender.plugin import OnlineTable
from provender_local.sqlite_store import SqliteStore

table, store = OnlineTable("test", "stats"), SqliteStore(Path(sys.argv[1]), 5)
store.write(table, [(b"parent", 1, 0, b"v")])
child = os.fork()
if child == 0:
    store.close()
    store.write(table, [(b"child", 1, 0, b"v")])
    sys.exit(0 if store.count(table) == 2 else 1)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
store.write(table, [(b"after", 1, 0, b"v")])
print(code, store.count(table))
"""


def test_a_forked_process_opens_connections_of_its_own(run, store, path):
    assert run(FORKING, path).split() == ["0", "3"]
    assert store.count(TABLE) == 3


KILLED = """
import os, signal, sys
from pathlib import Path
from provender.plugin import OnlineTable
from provender_local.sqlite_store import SqliteStore

store = SqliteStore(Path(sys.argv[1]), 5)
number = 0
while True:
    store.write(OnlineTable("test", "stats"), [(b"%d" % number, 1, 0, b"v" * 1000)])
    print(number, flush=True)
    number += 1
"""


def test_what_was_written_survives_a_kill(start, store, path):
    process = start(KILLED, path)
    written = [int(process.stdout.readline()) for _ in range(200)][-1]
    process.kill()
    process.wait()
    assert None not in store.read(TABLE, [b"%d" % n for n in range(written + 1)])
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_deleting_and_listing_make_no_file_and_no_table(store, path):
    store.delete(TABLE, [b"k"])
    assert list(store.keys(TABLE)) == []
    assert not path.parent.exists()
    store.prepare([TABLE])
    other = OnlineTable("test", "never_prepared")
    store.delete(other, [b"a"])
    assert list(store.keys(other)) == []
    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert tables == [("online.test.stats.0",)]


def test_a_delete_is_done_whole_or_not_at_all(store, path):
    store.write(TABLE, [(b"%d" % n, 1, 0, b"v") for n in range(1_000)])
    with sqlite3.connect(path) as connection:
        connection.execute(
            'CREATE TRIGGER stop BEFORE DELETE ON "online.test.stats.0" '
            "WHEN old.key = x'393939' BEGIN SELECT RAISE(ABORT, 'on purpose'); END"
        )
    connection.close()
    with pytest.raises(StoreError):
        store.delete(TABLE, [b"%d" % n for n in range(1_000)])
    assert store.count(TABLE) == 1_000


def test_figures_of_many_rows_are_computed_in_portions(store, monkeypatch):
    monkeypatch.setattr("provender_local.sqlite_store._MEASURED", 7)
    assert store.figures(TABLE, 5).rows == 0
    oracle = OnlineOracle()
    rows = [(b"%d" % n, n * 31 % 50 - 20, 0, b"v" * n) for n in range(50)]
    for one in (store, oracle):
        one.write(TABLE, rows)
    found, true = store.figures(TABLE, 5), oracle.figures(TABLE, 5)
    assert found == replace(true, bytes=true.bytes + 16 * 50)
    assert found.estimated == frozenset()


def test_a_row_that_is_replaced_during_a_sweep_stays(store, path, monkeypatch):
    """It is written after the old rows were looked up, and before they are removed."""
    store.write(TABLE, [(b"a", 1, 0, b"old"), (b"b", 1, 0, b"old")])
    newer, other = (b"a", 9, 0, b"new"), SqliteStore(path, 30)
    found = sqlite_store._old_keys

    def looked_up(*args, **named):
        answer = found(*args, **named)
        other.write(TABLE, [newer])
        return answer

    monkeypatch.setattr(sqlite_store, "_old_keys", looked_up)
    assert store.sweep(TABLE, 9, 10) == 1
    assert store.read(TABLE, [b"a", b"b"]) == [newer, None]
    other.close()


@pytest.mark.parametrize("gone", ["dropped", "moved away"])
def test_a_table_that_goes_during_a_sweep_has_nothing_left(store, path, monkeypatch, gone):
    store.write(TABLE, [(b"a", 1, 0, b"old")])
    found = sqlite_store._old_keys

    def looked_up(*args, **named):
        answer = found(*args, **named)
        if gone == "dropped":
            store.drop([TABLE])
        else:
            path.rename(path.with_suffix(".old"))
        return answer

    monkeypatch.setattr(sqlite_store, "_old_keys", looked_up)
    assert store.sweep(TABLE, 9, 10) == 0
    store.write(TABLE, [ROW])
    assert store.read(TABLE, [b"a", b"k"]) == [None, ROW]


def test_a_sweep_goes_on_in_the_next_stretch_of_keys(store, monkeypatch):
    """Stretches and transactions end anywhere among the keys, and no row is left out."""
    monkeypatch.setattr(sqlite_store, "_STRETCH", 7)
    monkeypatch.setattr(sqlite_store, "_PAGE", 3)
    rows = [(b"%03d" % n, n % 3, 0, b"") for n in range(100)]
    store.write(TABLE, rows)
    assert store.sweep(TABLE, 2, 50) == 50
    assert store.sweep(TABLE, 2, 50) == 17
    left = [row if row[1] == 2 else None for row in rows]
    assert store.read(TABLE, [row[0] for row in rows]) == left
