"""Figures of a table: what a store without them says, and what follows from rows or a sample."""

from __future__ import annotations

import asyncio

from provender.plugin import NO_ROWS, OnlineStore, OnlineTable, TableFigures

TABLE = OnlineTable("shop", "orders")


class Older(OnlineStore):
    """A store that was built before there were figures."""

    def prepare(self, tables): ...

    def drop(self, tables): ...

    def write(self, table, rows): ...

    def read(self, table, keys):
        return [None] * len(keys)


class Counting(Older):
    def count(self, table):
        return 7


def test_a_store_that_was_built_before_says_what_it_counts():
    assert Older().figures(TABLE, 5) == TableFigures()
    assert Counting().figures(TABLE, 5) == TableFigures(rows=7)
    assert Counting().figures(TABLE, None) == TableFigures(rows=7, expired=0)
    assert asyncio.run(Counting().figures_async(TABLE, None)) == TableFigures(rows=7, expired=0)


def test_all_rows_give_exact_figures():
    assert TableFigures.of_rows([5, 3, 9], 5, 60) == TableFigures(3, 60, 1, 3, 9)
    assert TableFigures.of_rows([5], None, None) == TableFigures(1, None, 0, 5, 5)
    assert TableFigures.of_rows([], 5, 0) == NO_ROWS


def test_a_sample_gives_estimates():
    everything = frozenset({"rows", "bytes", "expired", "oldest_us", "newest_us"})
    found = TableFigures.of_rows([5, 3, 9], 5, 60, rows=300)
    assert found == TableFigures(300, 6_000, 100, 3, 9, everything)
    found = TableFigures.of_rows([5, 3, 9], None, None, rows=1)  # there are those that were seen
    assert found == TableFigures(3, None, 0, 3, 9, everything - {"expired"})
    assert TableFigures.of_rows([], 5, 0, rows=300) == TableFigures(300, estimated=everything)
    assert TableFigures.of_rows([], 5, 0, rows=0) == TableFigures(0, 0, 0, estimated=everything)
