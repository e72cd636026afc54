"""Reads that wait for nothing, for servers: answered at once, or not at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from provender.plugin import OnlineTable
from provender_local.sqlite_store import SqliteStore

TABLE = OnlineTable("p", "v")
OTHER = OnlineTable("p", "w")
ROW = (b"a", 1, 2, b"value")


@pytest.fixture
def store(tmp_path):
    found = SqliteStore(tmp_path / "online.db", 5.0)
    yield found
    found.close()


def test_it_reads_what_read_many_reads(store):
    assert store.read_now([(TABLE, [b"a"])]) == [[None]]
    store.write(TABLE, [ROW])
    requests = [(TABLE, [b"b", b"a"]), (OTHER, [b"a"])]
    assert store.read_now(requests) == store.read_many(requests) == [[None, ROW], [None]]


def test_a_writer_does_not_keep_it_waiting(store, tmp_path):
    store.write(TABLE, [ROW])
    with closing(sqlite3.connect(tmp_path / "online.db", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        assert store.read_now([(TABLE, [b"a"])]) == [[ROW]]


def test_it_says_when_it_would_have_to_wait(store, tmp_path):
    store.write(TABLE, [ROW])
    store.close()  # the last connection, so that the file can be taken as a whole
    with closing(sqlite3.connect(tmp_path / "online.db", isolation_level=None)) as owner:
        owner.execute("PRAGMA locking_mode = EXCLUSIVE")
        owner.execute("BEGIN IMMEDIATE")
        assert store.read_now([(TABLE, [b"a"])]) is None
    assert store.read_now([(TABLE, [b"a"])]) == [[ROW]]


def test_it_follows_a_file_that_was_replaced(store, tmp_path):
    store.write(TABLE, [ROW])
    assert store.read_now([(TABLE, [b"a"])]) == [[ROW]]
    for file in tmp_path.glob("online.db*"):
        file.unlink()
    store.write(TABLE, [(b"b", 1, 2, b"other")])
    assert store.read_now([(TABLE, [b"a", b"b"])]) == [[None, (b"b", 1, 2, b"other")]]
