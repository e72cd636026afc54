"""What can go wrong with an SQLite file is one clear error, and loses nothing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from provender.errors import StoreError
from provender.plugin import OnlineTable
from provender_local.sqlite_store import SqliteStore

TABLE = OnlineTable("test", "stats")
ROW = (b"k", 2, 0, b"value")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "online.db"


@pytest.fixture
def store(path):
    found = SqliteStore(path, 0.05)
    yield found
    found.close()


def test_reading_makes_no_file(store, path):
    assert store.read(TABLE, [b"k"]) == [None]
    assert store.count(TABLE) == 0
    store.drop([TABLE])
    assert not path.parent.exists()


def test_a_locked_file_says_so_and_a_later_write_succeeds(store, path):
    store.write(TABLE, [ROW])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=r"locked by another process for over 0\.05 s") as caught:
        store.write(TABLE, [(b"k", 3, 0, b"newer")])
    assert "online_store.timeout_seconds" in str(caught.value)
    assert store.read(TABLE, [b"k"]) == [ROW], "readers do not wait"
    other.execute("ROLLBACK")
    other.close()
    store.write(TABLE, [(b"k", 3, 0, b"newer")])
    assert store.read(TABLE, [b"k"]) == [(b"k", 3, 0, b"newer")]


def test_a_full_disk_loses_nothing_of_what_was_there(store, path):
    store.write(TABLE, [ROW])
    connection = store._connection()
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    rows = [(b"%d" % n, 1, 0, b"x" * 1000) for n in range(100)]
    with pytest.raises(StoreError, match="disk of the online store is full"):
        store.write(TABLE, rows)
    assert store.read(TABLE, [b"k", b"0"]) == [ROW, None]
    connection.execute("PRAGMA max_page_count = 100000")
    store.write(TABLE, rows)
    assert store.count(TABLE) == 101


def test_a_file_that_is_no_database_is_left_alone(path):
    path.parent.mkdir()
    path.write_text("my shopping list " * 100)
    store = SqliteStore(path, 0.05)
    for act in (lambda: store.read(TABLE, [b"k"]), lambda: store.write(TABLE, [ROW])):
        with pytest.raises(StoreError, match="damaged or not an SQLite file"):
            act()
    assert path.read_text().startswith("my shopping list")


def test_a_directory_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="directory of the online store cannot be made"):
        SqliteStore(tmp_path / "file" / "online.db", 0.05).write(TABLE, [ROW])


def test_names_that_differ_only_in_case_are_two_tables(store):
    upper, lower = OnlineTable("test", "Stats"), OnlineTable("test", "stats")
    store.write(upper, [(b"k", 1, 0, b"upper")])
    store.write(lower, [(b"k", 1, 0, b"lower")])
    assert store.read(upper, [b"k"])[0][3] == b"upper"
    assert store.read(lower, [b"k"])[0][3] == b"lower"
    store.drop([upper])
    assert store.count(lower) == 1


FORKING = """
import os, sys
from pathlib import Path
from provender.plugin import OnlineTable
from provender_local.sqlite_store import SqliteStore

table, store = OnlineTable("test", "stats"), SqliteStore(Path(sys.argv[1]), 5)
store.write(table, [(b"parent", 1, 0, b"v")])
child = os.fork()
if child == 0:
    store.write(table, [(b"child", 1, 0, b"v")])
    os._exit(0 if store.count(table) == 2 else 1)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(code, store.count(table))
"""


def test_a_forked_process_opens_its_own_connection(path):
    command = [sys.executable, "-c", FORKING, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["0", "2"], done.stderr
