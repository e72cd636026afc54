"""What can go wrong with an SQLite file is one clear error, and loses nothing."""

from __future__ import annotations

import sqlite3

import pytest

from provender.errors import StoreError
from provender.plugin import OnlineTable
from provender_local.sqlite_store import SqliteStore

TABLE = OnlineTable("test", "stats")
ROW = (b"k", 2, 0, b"value")
NEWER = (b"k", 3, 0, b"newer")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "online.db"


@pytest.fixture
def store(path):
    found = SqliteStore(path, 0.05)
    yield found
    found.close()


HOLDING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
"""


def test_a_locked_file_says_so_and_a_later_write_succeeds(start, store, path):
    store.write(TABLE, [ROW])
    holder = start(HOLDING, path)
    assert holder.stdout.readline() == "locked\n"
    with pytest.raises(
        StoreError, match=r"locked by another process for over 0\.05 seconds"
    ) as caught:
        store.write(TABLE, [NEWER])
    assert "online_store.timeout_seconds" in str(caught.value)
    assert store.read(TABLE, [b"k"]) == [ROW], "readers do not wait"
    assert store.count(TABLE) == 1
    store.prepare([TABLE])
    with pytest.raises(StoreError, match="locked"):
        store.drop([TABLE])
    holder.communicate("go\n", timeout=60)
    store.write(TABLE, [NEWER])
    assert store.read(TABLE, [b"k"]) == [NEWER]


def test_a_failed_write_leaves_no_lock_behind(store, path):
    with pytest.raises(StoreError, match="failed"):
        store.write(TABLE, [ROW, (b"half", 1, 0, None)])
    assert store.read(TABLE, [b"k"]) == [None], "all or nothing"
    other = SqliteStore(path, 0.05)
    other.write(TABLE, [ROW])
    other.close()
    assert store.read(TABLE, [b"k"]) == [ROW]


def fill(limit):
    """Return a program that writes until the disk is full, then makes room and goes on."""
    return f"""
    import sys
    from pathlib import Path
    from provender.errors import StoreError
    from provender.plugin import OnlineTable
    from provender_local.sqlite_store import SqliteStore

    table, folder = OnlineTable("test", "stats"), Path(sys.argv[1])
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(200_000))
    store, kept = SqliteStore(folder / "online.db", 5), 0
    {limit}
    try:
        while True:
            batch = [(b"%d-%d" % (kept, n), 1, 0, b"x" * 1000) for n in range(20)]
            store.write(table, batch)
            kept += 1
    except StoreError as error:
        print(str(error).splitlines()[0])
    assert store.count(table) == kept * 20, (store.count(table), kept)
    found = store.read(table, [b"%d-%d" % (b, n) for b in range(kept) for n in range(20)])
    assert None not in found and kept > 0
    store.close()
    ballast.unlink()
    {"resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))" if limit else ""}
    store = SqliteStore(folder / "online.db", 5)
    store.write(table, batch)
    assert store.count(table) == kept * 20 + 20
    """


def test_a_full_disk_loses_nothing_of_what_was_there(run_on_small_disk):
    assert "disk of the online store is full" in run_on_small_disk(fill(""))


def test_a_limit_on_the_size_of_files_loses_nothing_of_what_was_there(run, tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, -1))"
    assert "limit on its files was reached" in run(fill(limit), tmp_path)


def everything(store):
    return [
        lambda: store.read(TABLE, [b"k"]),
        lambda: store.read(TABLE, [b"k", b"l"]),
        lambda: store.count(TABLE),
        lambda: store.write(TABLE, [ROW]),
        lambda: store.prepare([TABLE]),
        lambda: store.drop([TABLE]),
    ]


def test_a_file_that_is_no_database_is_left_alone(store, path):
    path.parent.mkdir()
    path.write_text("my shopping list " * 100)
    for act in everything(store):
        with pytest.raises(StoreError, match="damaged or not an SQLite file") as caught:
            act()
        assert str(path) in str(caught.value)
    assert path.read_text() == "my shopping list " * 100


def test_a_file_that_was_cut_off_is_told(path):
    store = SqliteStore(path, 0.05)
    store.write(TABLE, [(b"%d" % n, 1, 0, b"x" * 1000) for n in range(500)])
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 + 77])
    for act in everything(SqliteStore(path, 0.05))[:4]:
        with pytest.raises(StoreError, match="damaged or not an SQLite file"):
            act()
    path.write_bytes(whole)
    restored = SqliteStore(path, 0.05)
    assert restored.count(TABLE) == 500
    restored.close()


def test_pages_that_were_overwritten_are_told(path):
    store = SqliteStore(path, 0.05)
    store.write(TABLE, [(b"%04d" % n, 1, 0, b"x" * 1000) for n in range(500)])
    store.close()
    with path.open("r+b") as file:
        file.seek(16_384)
        file.write(b"?" * (path.stat().st_size - 16_384))
    with pytest.raises(StoreError, match="damaged or not an SQLite file"):
        SqliteStore(path, 0.05).read(TABLE, [b"%04d" % n for n in range(500)])


def test_a_directory_in_place_of_the_file_is_told(store, path):
    path.mkdir(parents=True)
    for act in everything(store):
        with pytest.raises(StoreError, match="cannot be opened") as caught:
            act()
        assert "permissions" in str(caught.value)


def test_a_directory_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    store = SqliteStore(tmp_path / "file" / "online.db", 0.05)
    with pytest.raises(
        StoreError, match=r"directory of the online store cannot be created"
    ) as caught:
        store.write(TABLE, [ROW])
    assert "online_store.path" in str(caught.value)


READ_ONLY = """
import subprocess, sys
from pathlib import Path
from provender.errors import StoreError
from provender.plugin import OnlineTable
from provender_local.sqlite_store import SqliteStore

table, path = OnlineTable("test", "stats"), Path(sys.argv[1]) / "online.db"
store = SqliteStore(path, 5)
store.write(table, [(b"k", 2, 0, b"value")])
store.close()
subprocess.run(["mount", "-o", "remount,ro", path.parent], check=True)
store = SqliteStore(path, 5)
for act in (lambda: store.write(table, [(b"k", 3, 0, b"v")]), lambda: store.drop([table])):
    try:
        act()
    except StoreError as error:
        print(str(error).splitlines()[0])
"""


def test_a_disk_that_cannot_be_written_is_told(run_on_small_disk):
    said = run_on_small_disk(READ_ONLY).splitlines()
    assert said == ["the online store cannot be opened for writing"] * 2


def test_a_database_in_another_mode_is_taken_over(store, path):
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    store.write(TABLE, [ROW])
    assert store.read(TABLE, [b"k"]) == [ROW]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (0,)
    connection.close()
