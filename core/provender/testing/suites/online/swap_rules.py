"""Rules of the online suite: a row is replaced only while it is as it was read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from provender.errors import StoreError
from provender.plugin import OnlineRow, OnlineStore, OnlineTable
from provender.plugin.contract.online_store import NO_CREATED_TIMESTAMP
from provender.testing.oracle.online import OnlineOracle
from provender.testing.suites.capabilities import needs
from provender.testing.suites.concurrency import in_threads
from provender.testing.suites.online.base_suite import OnlineSuiteBase, expect_rows, row
from provender.testing.suites.store_suite import expect, expect_equal

_TIMES = 12
"""How often each thread adds one."""


class OnlineSwapRules(OnlineSuiteBase):
    """`swap` compares the whole row, and of many at the same time one succeeds."""

    @needs("swap")
    def test_a_swap_replaces_the_row_that_was_read(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Also by an older row, an equal one, and where there was none."""
        rows = [
            row(b"k", 5, 5, b"first"),
            row(b"k", 4, NO_CREATED_TIMESTAMP, b""),
            row(b"k", 4, NO_CREATED_TIMESTAMP, b""),
            row(b"k", -(2**53) - 1, 2**53 + 1, bytes(range(256))),
        ]
        other = row(b"other")
        store.write(table, [other])
        before: OnlineRow | None = None
        for after in rows:
            expect(store.swap(table, b"k", before, after), "a row that was read is replaced")
            expect_rows(store, table, [b"k", b"other"], [after, other], "a swap replaces one row")
            (before,) = store.read(table, [b"k"])

    @needs("swap")
    def test_a_row_that_is_another_now_is_not_replaced(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """It differs in one timestamp or in its value, it is there, or it is not."""
        held, mine = row(b"k", 5, 5, b"held"), row(b"k", 9, 9, b"mine")
        store.write(table, [held])
        for expected in (
            None,
            row(b"k", 4, 5, b"held"),
            row(b"k", 5, 4, b"held"),
            row(b"k", 5, 5, b"held\x00"),
            row(b"k", 5, 5, b""),
        ):
            done = store.swap(table, b"k", expected, mine)
            expect_equal(done, False, "a row that is another now is not replaced")
        expect_rows(store, table, [b"k"], [held], "a swap that fails changes nothing")
        done = store.swap(table, b"none", held, row(b"none"))
        expect_equal(done, False, "a row that is not there is not replaced")
        expect_rows(store, table, [b"none"], [None], "a swap that fails makes no row")

    @needs("swap")
    def test_swaps_and_writes_agree_with_the_oracle(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Keys of any bytes, some rows read before and some guessed."""
        oracle = OnlineOracle()
        keys = [b"", b"\x00", b"\xff" * 1_500, b"k"]
        for turn in range(24):
            key = keys[turn % 4]
            (known,) = oracle.read(table, [key])
            expected = known if turn % 3 else row(key, turn % 2, 0, b"guessed")
            after = row(key, (turn * 5) % 7, 0, b"%d" % turn)
            done = store.swap(table, key, expected, after)
            expect_equal(done, oracle.swap(table, key, expected, after), f"turn {turn} agrees")
            for one in (store, oracle):
                one.write(table, [row(keys[turn % 2], turn % 5, 0, b"written")])
            expect_rows(store, table, keys, oracle.read(table, keys), f"turn {turn} agrees")

    @needs("swap")
    def test_additions_by_many_lose_none(
        self, open_store: Callable[[], OnlineStore], table: OnlineTable
    ) -> None:
        """Four threads read a number, add one and swap it, until nobody came between."""
        stores = [open_store() for _ in range(4)]

        def work(number: int) -> None:
            for _ in range(_TIMES):
                while not _add_one(stores[number], table):
                    pass

        in_threads(4, work)
        total = b"%d" % (4 * _TIMES)
        expect_rows(stores[0], table, [b"n"], [row(b"n", value=total)], "no addition is lost")

    @needs("swap")
    def test_one_of_many_makes_a_row(
        self, open_store: Callable[[], OnlineStore], table: OnlineTable
    ) -> None:
        """Six threads find no row; one of them makes it, and all see that one's."""
        stores = [open_store() for _ in range(6)]
        made = in_threads(
            6, lambda n: stores[n].swap(table, b"k", None, row(b"k", 1, 1, b"%d" % n))
        )
        expect_equal(made.count(True), 1, "one of many makes the row")
        winner = row(b"k", 1, 1, b"%d" % made.index(True))
        expect_rows(stores[0], table, [b"k"], [winner], "the row is the winner's")

    @needs("swap")
    def test_swap_async_does_what_swap_does(self, store: OnlineStore, table: OnlineTable) -> None:
        """In an event loop, once and once too late."""

        async def work() -> list[bool]:
            done = [await store.swap_async(table, b"k", None, row(b"k")) for _ in range(2)]
            await store.close_async()
            return done

        expect_equal(asyncio.run(work()), [True, False], "swap_async does what swap does")
        expect_rows(store, table, [b"k"], [row(b"k")], "the row is there")

    def test_a_store_that_cannot_swap_changes_nothing(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """It raises a StoreError."""
        held, mine = row(b"k"), row(b"k", 2)
        store.write(table, [held])
        try:
            left = mine if store.swap(table, b"k", held, mine) else held
        except StoreError:
            left = held
        expect_rows(store, table, [b"k"], [left], "it is swapped, or nothing changes")


def _add_one(store: OnlineStore, table: OnlineTable) -> bool:
    (before,) = store.read(table, [b"n"])
    number = int(before[3]) if before else 0
    return store.swap(table, b"n", before, row(b"n", value=b"%d" % (number + 1)))
