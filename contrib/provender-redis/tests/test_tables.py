"""Tables are apart whatever they are called, and leave nothing behind."""

import random
from dataclasses import replace
from uuid import uuid4

import pytest

from provender.plugin import OnlineTable
from provender.plugin.contract.online_store import NO_CREATED_TIMESTAMP
from provender.testing.oracle.online import OnlineOracle

NAMES = ["*", "?", "[a-z]", "a/b", "a", "b", "%2A", "{a}", "a:b", "Größe", "a b", "\\", "a\n", "^"]


def test_hostile_names_are_names(store, client):
    run = uuid4().hex
    tables = [OnlineTable(run + one, other) for one in NAMES for other in NAMES]
    store.prepare(tables)
    for n, table in enumerate(tables):
        store.write(table, [(b"k", n, 0, b"%d" % n)])
    for table in tables[::7]:
        store.drop([table])
        assert store.read(table, [b"k"]) == [None]
    left = store.read_many([(table, [b"k"]) for table in tables])
    assert [n for n, (row,) in enumerate(left) if row is None] == list(range(len(tables)))[::7]
    store.drop(tables)
    assert client.keys(f"*{run}*") == []


def test_generations_are_apart(store, table):
    later = replace(table, generation=1)
    store.write(table, [(b"k", 2, 0, b"old")])
    store.write(later, [(b"k", 1, 0, b"new")])
    store.drop([table])
    assert store.read_many([(table, [b"k"]), (later, [b"k"])]) == [[None], [(b"k", 1, 0, b"new")]]


def test_prefixes_are_apart(open_store, table):
    one, other = open_store(key_prefix="one"), open_store(key_prefix="one:more")
    one.write(table, [(b"k", 1, 0, b"one")])
    other.write(table, [(b"k", 2, 0, b"other")])
    other.drop([table])
    assert one.read(table, [b"k"]) == [(b"k", 1, 0, b"one")]
    assert other.read(table, [b"k"]) == [None]


def test_a_dropped_table_leaves_nothing_and_takes_nothing_else(store, table, client):
    foreign = f"foreign-{table.project}"
    client.set(foreign, "mine")
    store.prepare([table])
    store.write(table, [(b"%d" % n, n, 0, b"v") for n in range(5_000)])
    assert store.count(table) == 5_000
    store.drop([table])
    assert store.count(table) == 0
    assert client.keys(f"*{table.project}*") == [foreign.encode()]
    assert client.hget("provender//lives", table.name) is None
    client.delete(foreign)


def test_rows_are_not_counted_where_that_takes_long(store, table, client):
    many = {f"{table.project}-{n}": "" for n in range(100_001)}
    client.mset(many)
    assert store.count(table) is None
    for start in range(0, len(many), 10_000):
        client.unlink(*list(many)[start : start + 10_000])


def test_timestamps_are_compared_exactly_over_all_64_bits(store, table):
    chance = random.Random(7)  # noqa: S311
    edges = [NO_CREATED_TIMESTAMP, -(2**32), -1, 0, 1, 2**31, 2**32, 2**53, 2**62, 2**63 - 2]
    oracle = OnlineOracle()
    for _ in range(40):
        batch = [
            (
                b"%d" % chance.randrange(5),
                chance.choice(edges) + chance.randrange(2),
                chance.choice(edges) + chance.randrange(2),
                chance.randbytes(3),
            )
            for _ in range(10)
        ]
        store.write(table, batch)
        oracle.write(table, batch)
        keys = [b"%d" % n for n in range(5)]
        assert store.read(table, keys) == oracle.read(table, keys)


@pytest.mark.parametrize("text", ["{a}", "k\r\n*1\r\n", "*"])
def test_keys_are_sent_as_they_are(store, table, text):
    row = (text.encode(), 1, 1, text.encode())
    store.write(table, [row])
    assert store.read(table, [row[0], b"other"]) == [row, None]


def test_a_large_database_is_sampled(store, table, monkeypatch):
    other = replace(table, view="other")
    for one, count in ((table, 3_000), (other, 6_000)):
        store.write(one, [(b"%d" % n, n, 0, b"v" * 100) for n in range(count)])
    monkeypatch.setattr("provender_redis.figures.COUNTABLE", 1_000)
    monkeypatch.setattr("provender_redis.figures._LOOKED_AT", 3_000)
    found = store.figures(table, 1_000)
    assert found.estimated == {"rows", "bytes", "expired", "oldest_us", "newest_us"}
    assert 2_000 < found.rows < 4_500
    assert 500 < found.expired < 2_000
    assert 116 * found.rows < found.bytes < 400 * found.rows
    assert 0 <= found.oldest_us < found.newest_us < 3_000
    store.drop([table, other])


def test_rows_are_counted_and_their_events_sampled(store, table):
    store.write(table, [(b"%d" % n, n, 0, b"v") for n in range(5_000)])
    found = store.figures(table, None)
    assert (found.rows, found.expired) == (5_000, 0)
    assert found.estimated == {"bytes", "oldest_us", "newest_us"}
    store.drop([table])


def test_a_user_who_may_not_ask_for_memory_gets_the_other_figures(store, table, client):
    store.write(table, [(b"a", 1, 0, b"v"), (b"b", 2, 0, b"v")])
    client.acl_setuser("default", enabled=True, nopass=True, commands=["-memory|usage"])
    try:
        found = store.figures(table, 2)
    finally:
        client.acl_setuser("default", enabled=True, nopass=True, commands=["+memory|usage"])
    assert (found.rows, found.bytes, found.expired) == (2, None, 1)
    store.drop([table])
