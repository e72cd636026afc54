"""Rules of the online suite: rows past their time to live go, and no others."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

from provender.clock import system_clock, to_us
from provender.errors import StoreError
from provender.plugin import OnlineStore, OnlineTable
from provender.testing.oracle.online import OnlineOracle
from provender.testing.suites.capabilities import needs
from provender.testing.suites.concurrency import in_threads
from provender.testing.suites.online.base_suite import OnlineSuiteBase, expect_rows, row
from provender.testing.suites.store_suite import expect, expect_equal

_ALL = 1_000_000
_HOUR = 3_600_000_000


class OnlineSweepRules(OnlineSuiteBase):
    """`sweep` removes old rows; an expiry of the store's own keeps what is within its time."""

    @needs("sweep")
    def test_a_sweep_removes_what_is_before_the_instant(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """A row of just that instant stays; instants before 1970 are like any others."""
        for before in (0, -(2**53) - 1, 1_770_000_000_000_001, 5):
            rows = [row(b"%d" % n, before + n, n) for n in (-_HOUR, -2, -1, 0, 1, _HOUR)]
            store.drop([table])
            store.prepare([table])
            store.write(table, rows)
            removed = store.sweep(table, before, _ALL)
            expect_equal(removed, 3, "the number of rows that were removed is returned")
            left = [None, None, None, *rows[3:]]
            keys = [item[0] for item in rows]
            expect_rows(store, table, keys, left, "rows before the instant go, and no others")
            expect_equal(store.sweep(table, before, _ALL), 0, "a second sweep has nothing to do")

    @needs("sweep")
    def test_a_sweep_removes_as_many_rows_as_it_may(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """None, one, some, and what is left of 1,203 old rows among 1,203 others."""
        old = [row(b"old-%d" % n, -n - 1) for n in range(1_203)]
        new = [row(b"new-%d" % n, n) for n in range(1_203)]
        store.write(table, [item for pair in zip(old, new, strict=True) for item in pair])
        left = len(old)
        for most in (0, -1, 1, 700, 2, _ALL, 5):
            removed = store.sweep(table, 0, most)
            expect_equal(removed, min(max(most, 0), left), f"at most {most} rows are removed")
            left -= removed
            found = store.read(table, [item[0] for item in old])
            there = sum(item is not None for item in found)
            expect_equal(there, left, "just as many rows are gone as the sweep says")
        keys = [item[0] for item in new]
        expect_rows(store, table, keys, new, "no row goes that is not old")

    @needs("sweep")
    def test_a_sweep_goes_through_large_tables(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Three old rows among 50,000, in the beginning, in the middle and in the end."""
        count, values = 50_000, b"v" * 50
        old = {b"%06d" % n for n in (0, count // 2, count - 1)}
        for start in range(0, count, 5_000):
            keys = [b"%06d" % n for n in range(start, start + 5_000)]
            store.write(table, [row(key, 1 if key in old else 9, 1, values) for key in keys])
        expect_equal(store.sweep(table, 9, _ALL), 3, "every old row is found")
        found = store.read(table, sorted(old))
        expect_equal(found, [None] * 3, "every old row is found")
        some = [b"%06d" % n for n in range(1, count - 1, 997)]
        expect_rows(store, table, some, [row(key, 9, 1, values) for key in some], "the others stay")

    @needs("sweep")
    def test_other_tables_and_generations_are_not_swept(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable]
    ) -> None:
        """Old rows of another view, another project and another generation stay."""
        table = new_table("view")
        later = replace(table, generation=1)
        store.prepare([later])
        others = [new_table("view2"), new_table("view", "other"), later]
        for one in (table, *others):
            store.write(one, [row(b"k")])
        expect_equal(store.sweep(table, 9, _ALL), 1, "the row of the table is removed")
        expect_rows(store, table, [b"k"], [None], "the row of the table is removed")
        for other in others:
            expect_rows(store, other, [b"k"], [row(b"k")], "other tables are as they were")
        store.drop([later])

    @needs("sweep")
    def test_what_counts_is_the_instant_that_is_given(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable]
    ) -> None:
        """Neither the ttl under which a row was written, nor that of the table, nor the clock."""
        hour = new_table("hour", ttl=_HOUR)
        now = to_us(system_clock())
        rows = [row(b"older", now - 3 * _HOUR), row(b"newer", now - 2 * _HOUR)]
        store.write(hour, rows)
        for table in (hour, replace(hour, ttl=9 * _HOUR), replace(hour, ttl=None)):
            expect_equal(store.sweep(table, now - 3 * _HOUR, _ALL), 0, "no row is that old")
            expect_rows(store, table, [b"older", b"newer"], rows, "the ttl has grown: both stay")
        expect_equal(store.sweep(hour, now - 2 * _HOUR, _ALL), 1, "one row is that old")
        expect_rows(store, hour, [b"older", b"newer"], [None, rows[1]], "one row is that old")

    @needs("sweep")
    def test_a_table_without_rows_has_nothing_to_sweep(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """It is empty, was never prepared, or was dropped; it can be written afterwards."""
        never = OnlineTable(table.project, "never_prepared")
        swept = [store.sweep(table, 9, _ALL), store.sweep(never, 9, _ALL)]
        store.write(table, [row(b"k")])
        store.drop([table])
        swept.append(store.sweep(table, 9, _ALL))
        expect_equal(swept, [0, 0, 0], "there is nothing to sweep")
        store.prepare([table])
        store.write(table, [row(b"k")])
        expect_rows(store, table, [b"k"], [row(b"k")], "the table can be written")

    @needs("sweep")
    def test_an_older_row_is_stored_after_a_sweep(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Nothing remembers what was removed."""
        store.write(table, [row(b"k", 5)])
        store.sweep(table, 9, _ALL)
        store.write(table, [row(b"k", 1)])
        expect_rows(store, table, [b"k"], [row(b"k", 1)], "an older row is stored after a sweep")

    @needs("sweep")
    def test_writes_and_sweeps_agree_with_the_oracle(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Keys of any bytes, written and swept in turn."""
        oracle = OnlineOracle()
        keys = [b"", b"\x00", b"\x00\x00", b"\xff", b"\xff" * 1_500, b"k", b"K"]
        for turn in range(20):
            rows = [row(key, (turn * 7 + n) % 9, value=b"%d" % turn) for n, key in enumerate(keys)]
            for one in (store, oracle):
                one.write(table, rows[turn % 5 :])
            swept = [one.sweep(table, turn * 5 % 9, _ALL) for one in (store, oracle)]
            expect_equal(swept[0], swept[1], f"the number of turn {turn} agrees")
            expect_rows(store, table, keys, oracle.read(table, keys), f"turn {turn} agrees")

    @needs("sweep")
    def test_rows_that_are_replaced_during_a_sweep_stay(
        self, open_store: Callable[[], OnlineStore], table: OnlineTable
    ) -> None:
        """Three threads sweep all the time, while another writes newer rows over old ones."""
        stores = [open_store() for _ in range(4)]
        keys = [b"%d" % n for n in range(400)]
        stores[0].write(table, [row(key, 1) for key in keys])
        written = threading.Event()

        def work(number: int) -> None:
            if number:
                while not written.is_set():
                    stores[number].sweep(table, 9, 50)
                return
            try:
                for start in range(0, len(keys), 10):
                    part = keys[start : start + 10]
                    stores[0].write(table, [row(key, 9, 9, b"newer") for key in part])
                    stores[0].write(table, [row(key, 2, 2, b"late") for key in part])
            finally:
                written.set()

        in_threads(4, work)
        newer = [row(key, 9, 9, b"newer") for key in keys]
        expect_rows(stores[0], table, keys, newer, "a row that was replaced stays")

    @needs("sweep")
    def test_sweeps_at_the_same_time_count_each_row_once(
        self, open_store: Callable[[], OnlineStore], table: OnlineTable
    ) -> None:
        """Four threads sweep until nothing is left."""
        stores = [open_store() for _ in range(4)]
        rows = [row(b"%d" % n) for n in range(1_000)]
        stores[0].write(table, rows)

        def work(number: int) -> int:
            return sum(stores[number].sweep(table, 9, 60) for _ in range(10))

        removed = sum(in_threads(4, work)) + stores[0].sweep(table, 9, _ALL)
        expect_equal(removed, len(rows), "each row is counted once")
        keys = [item[0] for item in rows]
        expect_rows(stores[0], table, keys, [None] * len(rows), "nothing is left")

    @needs("sweep")
    def test_sweep_async_does_what_sweep_does(self, store: OnlineStore, table: OnlineTable) -> None:
        """In an event loop, beside a read."""
        store.write(table, [row(b"old"), row(b"new", 9)])

        async def work() -> int:
            removed, _ = await asyncio.gather(
                store.sweep_async(table, 9, _ALL), store.read_async(table, [b"new"])
            )
            await store.close_async()
            return removed

        expect_equal(asyncio.run(work()), 1, "sweep_async does what sweep does")
        expect_rows(store, table, [b"old", b"new"], [None, row(b"new", 9)], "the new row stays")

    @needs("expiry")
    def test_a_row_is_kept_for_a_ttl_that_was_made_longer(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable]
    ) -> None:
        """It is written again, as it was: from then on it is kept for the longer ttl.

        Once under a longer one and once under none, and never later again under a shorter one.
        """
        now = to_us(system_clock())
        for name, ttl in (("longer", 48 * _HOUR), ("none", None)):
            hour = new_table(name, ttl=_HOUR)
            longer = replace(hour, ttl=ttl)
            kept = row(b"k", now - _HOUR + _HOUR // 60)
            store.write(hour, [kept])
            store.prepare([longer])
            store.write(longer, [kept])
            expect_rows(store, longer, [b"k"], [kept], "the row is kept for the longer ttl")
            store.write(longer, [row(b"k", now - 47 * _HOUR)])
            expect_rows(store, longer, [b"k"], [kept], "an older row changes nothing")

    def test_a_store_that_cannot_sweep_removes_nothing(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """It raises a StoreError."""
        held = row(b"k")
        store.write(table, [held])
        try:
            left = None if store.sweep(table, 9, _ALL) else held
        except StoreError:
            left = held
        expect_rows(store, table, [b"k"], [left], "it is swept, or nothing changes")

    def test_a_store_sweeps_or_expires_and_not_both(self) -> None:
        """Where rows expire by themselves, nobody has to remove them."""
        claimed = self.capabilities()
        expect(not {"sweep", "expiry"} <= claimed, "a store sweeps or expires", sorted(claimed))
