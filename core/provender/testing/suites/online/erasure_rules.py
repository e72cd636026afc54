"""Rules of the online suite: rows are deleted by their keys, and the keys of a table are listed."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

import pytest

from provender.errors import StoreError
from provender.plugin import OnlineRow, OnlineStore, OnlineTable
from provender.testing.oracle.online import OnlineOracle
from provender.testing.suites.capabilities import needs
from provender.testing.suites.concurrency import in_threads
from provender.testing.suites.online.base_suite import OnlineSuiteBase, expect_rows, row
from provender.testing.suites.store_suite import expect, expect_equal

_KEYS = [
    b"",
    b"\x00",
    b"\x00\x00",
    b"\xff",
    b"\xff\xff",
    *(bytes([byte, byte, 0]) for byte in range(256)),
    b"a",
    b"A",
    b"a ",
    b"a*",
    b"%",
    b"\xed\xa0\x80",
    b"x" * 1_024,
    b"x" * 1_025,
    b"\xff" * 1_500,
]
"""Keys that a store might confuse, take for text or cut."""


class OnlineErasureRules(OnlineSuiteBase):
    """`delete` removes the rows of its keys and no others; `keys` gives each key once.

    Attributes:
        pages: How many rows are listed: more than the store returns with one answer.
    """

    pages: ClassVar[int] = 2_500

    @needs("delete")
    def test_delete_removes_the_rows_of_its_keys_and_no_others(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable]
    ) -> None:
        """Other keys stay, and the same keys of another table."""
        table, other = new_table("view"), new_table("view2")
        rows = [row(key, n, value=b"%d" % n) for n, key in enumerate(_KEYS)]
        for one in (table, other):
            store.write(one, rows)
        store.delete(table, _KEYS[::2])
        left = [None if n % 2 == 0 else item for n, item in enumerate(rows)]
        expect_rows(store, table, _KEYS, left, "a delete removes the rows of its keys alone")
        expect_rows(store, other, _KEYS, rows, "a delete leaves other tables as they are")

    @needs("delete")
    def test_deleting_what_is_not_there_does_nothing(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """No keys, unknown keys, keys given twice or deleted before, a table never prepared."""
        a, b = row(b"a"), row(b"b")
        store.write(table, [a, b])
        store.delete(table, [])
        store.delete(table, [b"x", b"", b"x" * 2_000])
        expect_rows(store, table, [b"a", b"b"], [a, b], "unknown keys are ignored")
        store.delete(table, [b"a", b"x", b"a"])
        store.delete(table, [b"a"])
        expect_rows(store, table, [b"a", b"b"], [None, b], "a delete can be done again")
        never = OnlineTable(table.project, "never_prepared")
        store.delete(never, [b"a"])
        expect_rows(store, never, [b"a"], [None], "a table never prepared has no rows")

    @needs("delete")
    def test_more_keys_are_deleted_than_one_request_takes(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """All but one of 1,203 rows."""
        rows = [row(b"%d" % n) for n in range(1_203)]
        store.write(table, rows)
        keys = [item[0] for item in rows]
        store.delete(table, [key for key in keys if key != b"700"])
        left = [item if item[0] == b"700" else None for item in rows]
        expect_rows(store, table, keys, left, "however many keys are given, their rows are removed")

    @needs("delete")
    def test_an_older_row_is_stored_after_a_delete(
        self, store: OnlineStore, open_store: Callable[[], OnlineStore], table: OnlineTable
    ) -> None:
        """Nothing remembers what was removed, so that it can be loaded again."""
        older = row(b"k", 1, 1, b"older")
        store.write(table, [row(b"k", 9, 9), row(b"other", 9)])
        store.delete(table, [b"k"])
        other = open_store()
        expect_rows(other, table, [b"k"], [None], "a delete is seen by another connection")
        other.write(table, [older])
        expect_rows(store, table, [b"k"], [older], "an older row is stored after a delete")

    @needs("delete")
    def test_writes_and_deletes_agree_with_the_oracle(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Few keys, written and deleted in turn."""
        oracle = OnlineOracle()
        keys = [b"%d" % n for n in range(5)]
        for turn in range(12):
            rows = [row(key, (turn * 7 + n) % 5, value=b"%d" % turn) for n, key in enumerate(keys)]
            gone = [keys[turn % 5], keys[turn * 3 % 5]]
            for one in (store, oracle):
                one.write(table, rows[turn % 3 :])
                one.delete(table, gone)
            expect_rows(store, table, keys, oracle.read(table, keys), f"turn {turn} agrees")

    @needs("delete")
    def test_no_row_of_other_keys_is_lost_while_some_are_deleted(
        self, open_store: Callable[[], OnlineStore], table: OnlineTable
    ) -> None:
        """Half of the threads write keys of their own, the others delete keys of theirs."""
        stores = [open_store() for _ in range(6)]
        gone = [b"gone-%d" % n for n in range(60)]
        stores[0].write(table, [row(key) for key in gone])

        def work(number: int) -> None:
            for turn in range(10):
                if number % 2:
                    stores[number].delete(table, gone[number::6] + gone[turn::10])
                else:
                    keys = [b"%d-%d-%d" % (number, turn, n) for n in range(10)]
                    stores[number].write(table, [row(key) for key in keys])

        in_threads(6, work)
        kept = [b"%d-%d-%d" % (w, t, n) for w in (0, 2, 4) for t in range(10) for n in range(10)]
        expect_rows(stores[0], table, kept, list(map(row, kept)), "no row of other keys is lost")
        expect_rows(stores[0], table, gone, [None] * len(gone), "what is deleted is gone")

    @needs("delete")
    def test_delete_async_does_what_delete_does(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Rows are removed from an event loop, and nothing happens for nothing."""
        rows = [row(b"%d" % n) for n in range(600)]
        store.write(table, rows)

        async def work() -> None:
            await store.delete_async(table, [])
            await asyncio.gather(
                *(store.delete_async(table, [r[0] for r in rows[n::3]]) for n in (0, 1))
            )
            await store.close_async()

        asyncio.run(work())
        left: list[OnlineRow | None] = [r if n % 3 == 2 else None for n, r in enumerate(rows)]
        expect_rows(store, table, [r[0] for r in rows], left, "delete_async removes what it should")

    @needs("keys")
    def test_keys_gives_each_key_once(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable]
    ) -> None:
        """Keys of any bytes, and of this table alone."""
        table, other = new_table("view"), new_table("view2")
        store.write(table, [row(key) for key in _KEYS])
        store.write(table, [row(key, 2) for key in _KEYS[:5]])
        store.write(other, [row(b"of another table")])
        _expect_keys(store.keys(table), _KEYS)
        _expect_keys(store.keys(other), [b"of another table"])

    @needs("keys")
    def test_keys_gives_more_rows_than_one_answer_holds(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Page after page: many rows, and more than a megabyte of them."""
        keys = [b"key-%d" % n for n in range(self.pages)]
        store.write(table, [row(key, value=b"x" * 500) for key in keys])
        _expect_keys(store.keys(table), keys)

    @needs("keys")
    def test_a_table_without_rows_has_no_keys(self, store: OnlineStore, table: OnlineTable) -> None:
        """It is empty, was never prepared, or was dropped."""
        _expect_keys(store.keys(table), [])
        _expect_keys(store.keys(OnlineTable(table.project, "never_prepared")), [])
        store.write(table, [row(b"k")])
        store.drop([table])
        _expect_keys(store.keys(table), [])

    @needs("keys")
    def test_keys_gives_what_was_there_before_while_rows_are_written(
        self, store: OnlineStore, open_store: Callable[[], OnlineStore], table: OnlineTable
    ) -> None:
        """Rows are added between the portions and by another thread."""
        before = [b"before-%d" % n for n in range(self.pages)]
        store.write(table, [row(key) for key in before])
        writer, listed = open_store(), threading.Event()

        def write(number: int) -> list[bytes]:
            if number:
                turn = 0
                while not listed.is_set():
                    writer.write(table, [row(b"later-%d-%d" % (turn, n)) for n in range(50)])
                    turn += 1
                return []
            try:
                return [key for portion in store.keys(table) for key in portion]
            finally:
                listed.set()

        found = Counter(in_threads(2, write)[0])
        missing = [key for key in before if key not in found]
        expect(not missing, "keys that were there before are all given", missing[:3])
        twice = [key for key, times in found.items() if times > 1]
        expect(not twice, "no key is given twice while rows are written", twice[:3])
        other = [key for key in found if not key.startswith((b"before-", b"later-"))]
        expect(not other, "no other keys are given", other[:3])

    @needs("keys")
    def test_keys_can_be_left_before_the_end(self, store: OnlineStore, table: OnlineTable) -> None:
        """A list that nobody reads to its end leaves the store usable."""
        keys = [b"key-%d" % n for n in range(self.pages)]
        store.write(table, [row(key) for key in keys])
        begun = store.keys(table)
        expect(set(next(begun)) <= set(keys), "the first portion holds keys of the table")
        store.write(table, [row(keys[0], 2)])
        expect_rows(store, table, keys[:1], [row(keys[0], 2)], "the store stays usable")
        del begun
        _expect_keys(store.keys(table), keys)

    @needs("keys")
    def test_keys_async_gives_what_keys_gives(self, store: OnlineStore, table: OnlineTable) -> None:
        """Portion by portion, in an event loop."""
        store.write(table, [row(key) for key in _KEYS])

        async def work() -> list[Sequence[bytes]]:
            found = [portion async for portion in store.keys_async(table)]
            await store.close_async()
            return found

        _expect_keys(asyncio.run(work()), _KEYS)

    @needs("keys")
    def test_all_keys_that_are_listed_can_be_deleted(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Each portion is deleted as it comes; nothing is left, and a new row can be written."""
        if "delete" not in self.capabilities():
            pytest.skip("delete: not claimed")
        store.write(table, [row(key) for key in _KEYS])
        for portion in store.keys(table):
            store.delete(table, portion)
        _expect_keys(store.keys(table), [])
        expect_rows(store, table, _KEYS, [None] * len(_KEYS), "no row is left")
        store.write(table, [row(b"k")])
        _expect_keys(store.keys(table), [b"k"])

    def test_what_a_store_cannot_do_is_a_typed_error(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """A store that cannot delete, or list its keys, raises a StoreError and loses nothing."""
        a, b = row(b"a"), row(b"b")
        store.write(table, [a, b])
        try:
            found = Counter(key for portion in store.keys(table) for key in portion)
            expect_equal(found, Counter([b"a", b"b"]), "keys gives each key once")
        except StoreError:
            pass
        left: OnlineRow | None = None
        try:
            store.delete(table, [b"a"])
        except StoreError:
            left = a
        expect_rows(store, table, [b"a", b"b"], [left, b], "it is deleted, or nothing is lost")


def _expect_keys(portions: Iterable[Sequence[bytes]], expected: Sequence[bytes]) -> None:
    """Fail unless `portions` give each expected key once and nothing else."""
    found = Counter(key for portion in portions for key in portion)
    missing = [key for key in expected if key not in found]
    other = [key for key in found if key not in set(expected)]
    twice = [key for key, times in found.items() if times > 1]
    expect(not missing, f"every key is listed; {len(missing)} are missing", missing[:3])
    expect(not other, f"no other keys are listed; {len(other)} are", other[:3])
    expect(not twice, f"each key is listed once; {len(twice)} are not", twice[:3])
