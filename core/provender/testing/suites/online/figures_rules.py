"""Rules of the online suite: figures of a table are exact, or marked as estimates, or not known."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import ClassVar

from provender.plugin import OnlineRow, OnlineStore, OnlineTable, TableFigures
from provender.testing.oracle.online import OnlineOracle
from provender.testing.suites.capabilities import needs
from provender.testing.suites.online.base_suite import OnlineSuiteBase, row
from provender.testing.suites.store_suite import expect, expect_equal

_FIGURES = ("rows", "bytes", "expired", "oldest_us", "newest_us")
_NOON = 1_767_268_800_000_000
_HOUR = 3_600_000_000


class OnlineFiguresRules(OnlineSuiteBase):
    """`figures` agrees with the oracle where it is exact, and is near it where it is not.

    Attributes:
        many: How many rows are measured: more than the store looks at when it samples.
    """

    many: ClassVar[int] = 2_500

    def test_exact_figures_are_those_of_the_oracle(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Few rows, some of them written twice, at the very instant before which rows expire."""
        rows = _rows(40)
        oracle = _written(store, table, [rows, [row(b"key-3", _NOON + 7, value=b"newer")]])
        for before in (None, _NOON - 50 * _HOUR, _NOON - 10 * _HOUR, _NOON - _HOUR, _NOON + 8):
            _expect_figures(store.figures(table, before), oracle.figures(table, before))

    def test_a_table_without_rows_has_no_figures(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """It is empty, was never prepared, or was dropped."""
        never = OnlineTable(table.project, "never_prepared")
        empty = OnlineOracle().figures(table, 0)
        for before in (None, _NOON):
            _expect_figures(store.figures(never, before), empty)
            _expect_figures(store.figures(table, before), empty)
        store.write(table, _rows(5))
        store.drop([table])
        _expect_figures(store.figures(table, _NOON), empty)

    def test_a_view_without_a_time_to_live_has_no_expired_rows(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Without an instant nothing expires, and that is exact."""
        store.write(table, [row(b"old", -(2**55)), row(b"new", _NOON)])
        found = store.figures(table, None)
        expect_equal(found.expired, 0, "without an instant no row has expired")
        expect("expired" not in found.estimated, "that is no estimate", found)

    def test_rows_of_other_tables_and_generations_do_not_count(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable]
    ) -> None:
        """Another view, one whose name begins with this one's, and another generation."""
        table, other = new_table("view"), new_table("view2")
        next_one = OnlineTable(table.project, table.view, None, 1)
        store.prepare([next_one])
        try:
            store.write(other, _rows(30))
            store.write(next_one, [row(b"%d" % n, _NOON + _HOUR) for n in range(20)])
            oracle = _written(store, table, [_rows(10)])
            _expect_figures(store.figures(table, _NOON), oracle.figures(table, _NOON))
        finally:
            store.drop([next_one])

    def test_figures_follow_writes_and_deletes(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Rows that are replaced count once; rows that are deleted do not count."""
        oracle = _written(store, table, [_rows(20), [row(b"key-1", _NOON + _HOUR)]])
        _expect_figures(store.figures(table, _NOON), oracle.figures(table, _NOON))
        if "delete" in self.capabilities():
            gone = [b"key-1", b"key-19", b"unknown"]
            store.delete(table, gone)
            oracle.delete(table, gone)
            _expect_figures(store.figures(table, _NOON), oracle.figures(table, _NOON))

    @needs("figures")
    def test_all_figures_of_a_table_with_rows_are_known(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """What a store claims to know it knows, exactly or as an estimate."""
        store.write(table, _rows(20))
        found = store.figures(table, _NOON - 5 * _HOUR)
        unknown = [name for name in _FIGURES if getattr(found, name) is None]
        expect(not unknown, "all figures of a table with rows are known", unknown)

    @needs("figures")
    def test_estimates_of_many_rows_are_near(self, store: OnlineStore, table: OnlineTable) -> None:
        """More rows than are looked at: a third of them expired, bytes in proportion."""
        oracle = _written(store, table, [_rows(self.many)])
        before = _NOON - self.many * _HOUR * 2 // 3
        _expect_figures(store.figures(table, before), oracle.figures(table, before))

    def test_figures_async_gives_what_figures_gives(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """In an event loop, many at a time."""
        oracle = _written(store, table, [_rows(20)])

        async def work() -> list[TableFigures]:
            found = await asyncio.gather(*(store.figures_async(table, _NOON) for _ in range(8)))
            await store.close_async()
            return found

        for found in asyncio.run(work()):
            _expect_figures(found, oracle.figures(table, _NOON))


def _rows(count: int) -> list[OnlineRow]:
    """Return rows an hour apart, the keys in another order, with values of random bytes."""
    chance = random.Random(7)  # noqa: S311 - the same rows each time
    hours = list(range(count))
    chance.shuffle(hours)
    return [
        row(b"key-%d" % n, _NOON - hour * _HOUR, value=chance.randbytes(200))
        for n, hour in enumerate(hours)
    ]


def _written(
    store: OnlineStore, table: OnlineTable, batches: Sequence[Sequence[OnlineRow]]
) -> OnlineOracle:
    oracle = OnlineOracle()
    for batch in batches:
        store.write(table, batch)
        oracle.write(table, batch)
    return oracle


def _expect_figures(got: TableFigures, true: TableFigures) -> None:
    """Fail unless exact figures are the oracle's, and estimates and sizes are near them."""
    unknown = got.estimated - set(_FIGURES)
    expect(not unknown, "only figures are estimated", unknown)
    for name in ("rows", "expired", "oldest_us", "newest_us"):
        if getattr(got, name) is not None and name not in got.estimated:
            expect_equal(getattr(got, name), getattr(true, name), f"{name} is exact")
    rows = true.rows or 0
    if got.bytes is not None:
        _expect_size(got, true)
    if not rows:
        expect(got.oldest_us is None and got.newest_us is None, "no rows have no events", got)
        return
    if got.rows is not None:
        expect(rows / 3 <= got.rows <= 3 * rows, f"rows is near {rows}", got)
        expired = got.expired or 0
        expect(0 <= expired <= got.rows, "no more rows have expired than there are", got)
    if got.rows and got.expired is not None and "expired" in got.estimated:
        share = (true.expired or 0) / rows
        near = abs(got.expired / got.rows - share) <= 0.2
        expect(near, f"the share of expired rows is near {share:.2f}", got)
    seen = [us for us in (got.oldest_us, got.newest_us) if us is not None]
    lowest, highest = true.oldest_us or 0, true.newest_us or 0
    expect(all(lowest <= us <= highest for us in seen), "an estimated event is that of a row", got)
    expect(seen == sorted(seen), "the oldest event is not newer than the newest", got)


def _expect_size(got: TableFigures, true: TableFigures) -> None:
    """Fail unless bytes are those of keys and values, and an overhead that is not absurd."""
    rows, content, size = true.rows or 0, true.bytes or 0, got.bytes or 0
    most = 1_000_000 + 30 * content + 1_000 * rows
    expect(content // 3 <= size <= most, f"bytes fit rows of {content} bytes", got)
