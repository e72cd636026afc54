"""Rules of the online suite: a read returns what was written, in the order of the keys."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from provender.plugin import OnlineStore, OnlineTable
from provender.testing.suites.capabilities import needs
from provender.testing.suites.online.base_suite import (
    OnlineSuiteBase,
    expect_merge,
    expect_rows,
    row,
)
from provender.testing.suites.store_suite import expect_equal

_KEYS = [
    pytest.param(keys, id=label)
    for label, keys in [
        ("empty and not empty", [b"", b"\x00", b"\x00\x00"]),
        ("every byte", [bytes([byte]) for byte in range(256)]),
        ("not valid as text", [b"\xff\xfe", b"\xc3\x28", b"\xed\xa0\x80"]),
        ("only case differs", [b"key", b"KEY", b"Key"]),
        ("only blanks at the end differ", [b"key", b"key ", b"key\x00", b"key\n"]),
        ("one begins with the other", [b"a", b"ab", b"abc"]),
        ("composite keys that collide when joined", [b"1\x0223", b"12\x023", b"123"]),
        (
            "signs of query languages",
            [b"'; DROP TABLE x; --", b'"', b"%", b"_", b"\\", b"$1", b"*"],
        ),
        ("a thousand bytes", [b"x" * 999 + b"a", b"x" * 999 + b"b"]),
        ("digits", [b"1", b"01", b"1.0", b"1e0"]),
    ]
]
_VALUES = [
    pytest.param(value, id=label)
    for label, value in [
        ("empty", b""),
        ("zero byte", b"\x00"),
        ("every byte", bytes(range(256)) * 2),
        ("not valid as text", b"\xff\xfe\xc3\x28"),
        ("text", "Größe 🦉".encode()),
        ("64 kB", bytes(range(256)) * 256),
        ("256 kB", b"\xab" * 262_144),
    ]
]


class OnlineReadRules(OnlineSuiteBase):
    """One answer for each key, in the order of the keys."""

    @pytest.mark.parametrize("count", [1, 2, 100, 1_000, 10_000])
    def test_many_keys_come_back_in_their_order(
        self, store: OnlineStore, table: OnlineTable, count: int
    ) -> None:
        """So many keys are written in one order and read in another."""
        rows = [row(b"key-%d" % n, n - 50, n % 7, b"value-%d" % n) for n in range(count)]
        store.write(table, rows)
        random.Random(count).shuffle(rows)  # noqa: S311
        keys = [item[0] for item in rows]
        expect_rows(store, table, keys, rows, f"{count} keys come back in their order")

    def test_what_is_answered_at_once_is_what_is_read(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """A read that waits for nothing gives the same, or nothing at all."""
        a = row(b"a")
        never = OnlineTable(table.project, "never_prepared")
        store.write(table, [a])
        found = store.read_now([(table, [b"b", b"a"]), (never, [b"a"])])
        expected = ([[None, a], [None]], None)
        assert found in expected, f"read_now gave {found!r}, neither the rows nor None"

    def test_duplicate_keys_are_answered_each_time(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """A key that is asked for twice is answered twice."""
        a, b = row(b"a"), row(b"b")
        store.write(table, [a, b])
        keys = [b"b", b"a", b"b", b"b", b"a"]
        expect_rows(store, table, keys, [b, a, b, b, a], "duplicates of keys are kept")

    def test_missing_keys_are_answered_with_none(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Missing keys stand among the others, at their place."""
        a = row(b"a")
        store.write(table, [a])
        keys = [b"x", b"a", b"x", b"y"]
        expect_rows(store, table, keys, [None, a, None, None], "missing keys are None")

    def test_many_missing_keys_among_many(self, store: OnlineStore, table: OnlineTable) -> None:
        """Every second of 2,000 keys is missing."""
        rows = [row(b"%d" % n) if n % 2 else None for n in range(2_000)]
        store.write(table, [item for item in rows if item])
        keys = [b"%d" % n for n in range(2_000)]
        expect_rows(store, table, keys, rows, "missing keys are None")

    def test_reading_no_keys_gives_nothing(self, store: OnlineStore, table: OnlineTable) -> None:
        """An empty request has an empty answer."""
        expect_rows(store, table, [], [], "no keys, no answers")

    def test_writing_no_rows_changes_nothing(self, store: OnlineStore, table: OnlineTable) -> None:
        """An empty batch is allowed."""
        expect_merge(store, table, [[], [row(b"a")], []], "an empty batch changes nothing")

    def test_empty_table_has_no_rows(self, store: OnlineStore, table: OnlineTable) -> None:
        """A prepared table without rows."""
        expect_rows(store, table, [b"a", b"b"], [None, None], "an empty table has no rows")

    def test_table_that_was_never_prepared_has_no_rows(self, store: OnlineStore) -> None:
        """Reading before `prepare` is no error."""
        never = OnlineTable("suite", "never_prepared")
        expect_rows(store, never, [b"a"], [None], "a table never prepared has no rows")
        expect_equal(store.read_many([(never, [b"a"])]), [[None]], "read_many agrees with read")

    @pytest.mark.parametrize("keys", _KEYS)
    def test_keys_are_bytes_and_nothing_else(
        self, store: OnlineStore, table: OnlineTable, keys: list[bytes]
    ) -> None:
        """Keys that a store might confuse are different keys."""
        rows = [row(key, n, n, b"%d" % n) for n, key in enumerate(keys)]
        expect_merge(store, table, [rows], "keys are told apart by their bytes")
        absent = keys[0] + b"\x01absent"
        expect_rows(store, table, [absent, keys[-1]], [None, rows[-1]], "other keys have no row")

    @pytest.mark.parametrize("value", _VALUES)
    def test_values_come_back_byte_for_byte(
        self, store: OnlineStore, table: OnlineTable, value: bytes
    ) -> None:
        """Values are opaque to the store."""
        rows = [row(b"a", value=value), row(b"b", value=b"x" + value), row(b"c", value=b"c")]
        expect_merge(store, table, [rows], "values come back byte for byte")

    @needs("large_values")
    def test_values_of_several_megabytes_come_back(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """One value of 8 MB beside a small one."""
        rows = [row(b"a", value=random.Random(1).randbytes(8_000_000)), row(b"b")]  # noqa: S311
        expect_merge(store, table, [rows], "large values come back byte for byte")

    @pytest.mark.parametrize("total", [1_000_000, 4_000_000])
    def test_large_batches_of_large_values(
        self, store: OnlineStore, table: OnlineTable, total: int
    ) -> None:
        """A batch may be larger than what the store takes in one request."""
        size = 50_000
        rows = [row(b"%d" % n, value=bytes([n % 256]) * size) for n in range(total // size)]
        expect_merge(store, table, [rows], "large batches are written whole")

    def test_read_many_answers_each_request_as_read_does(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable]
    ) -> None:
        """Several tables, one of them twice, one with no keys, one without rows."""
        first, second, empty = new_table("one"), new_table("two"), new_table("three")
        store.write(first, [row(b"a", 1, 1, b"first"), row(b"b")])
        store.write(second, [row(b"a", 2, 2, b"second")])
        requests = [
            (second, [b"a", b"b"]),
            (first, [b"b", b"a", b"b"]),
            (empty, [b"a"]),
            (first, []),
            (second, [b"a"]),
        ]
        expected = [store.read(table, keys) for table, keys in requests]
        expect_equal(store.read_many(requests), expected, "read_many agrees with read")

    def test_read_many_of_nothing_gives_nothing(self, store: OnlineStore) -> None:
        """No requests, no answers."""
        expect_equal(store.read_many([]), [], "read_many of nothing gives nothing")
