"""Rules of the online suite: newest wins, whatever the order of writing."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import cycle, product

import pytest

from provender.materialize.moving import compared
from provender.plugin import OnlineRow, OnlineStore, OnlineTable
from provender.plugin.contract.online_store import NO_CREATED_TIMESTAMP
from provender.testing.suites.online.base_suite import (
    OnlineSuiteBase,
    expect_merge,
    expect_rows,
    row,
)
from provender.testing.suites.store_suite import expect_equal

_PAIRS = [
    pytest.param(event, created, id=f"event {ahead}, created {later}")
    for (event, ahead), (created, later) in product(
        [(-1, "older"), (0, "equal"), (1, "newer")], repeat=2
    )
]
_INSTANTS = [
    pytest.param(us, id=label)
    for us, label in [
        (0, "1970"),
        (-1, "1 µs before 1970"),
        (-62_135_596_800_000_000, "year 1"),
        (253_402_300_799_999_999, "year 9999"),
        (2**53 + 1, "beyond 2^53"),
        (1_704_110_400_123_457, "microseconds"),
    ]
]


def _two(event: int, created: int) -> list[OnlineRow]:
    first = row(b"k", 2**53 + 100, 2**53 + 100, b"first")
    return [first, row(b"k", first[1] + event, first[2] + created, b"second")]


class OnlineMergeRules(OnlineSuiteBase):
    """An older ``(event, created)`` pair never replaces a newer one."""

    @pytest.mark.parametrize(("event", "created"), _PAIRS)
    def test_newest_wins_within_a_batch(
        self, store: OnlineStore, table: OnlineTable, event: int, created: int
    ) -> None:
        """Two rows of one key in one batch: the second one stands in a relation to the first."""
        expect_merge(store, table, [_two(event, created)], "newest wins within a batch")

    @pytest.mark.parametrize(("event", "created"), _PAIRS)
    def test_newest_wins_across_batches(
        self, store: OnlineStore, table: OnlineTable, event: int, created: int
    ) -> None:
        """The same two rows, one batch after the other."""
        batches = [[item] for item in _two(event, created)]
        expect_merge(store, table, batches, "newest wins across batches")

    @pytest.mark.parametrize(("event", "created"), _PAIRS)
    def test_newest_wins_across_connections(
        self, open_store: Callable[[], OnlineStore], table: OnlineTable, event: int, created: int
    ) -> None:
        """The same two rows, each through a connection of its own."""
        first, second = _two(event, created)
        open_store().write(table, [first])
        last = open_store()
        last.write(table, [second])
        newest = second if second[1:3] >= first[1:3] else first
        expect_rows(last, table, [b"k"], [newest], "newest wins across connections")

    @pytest.mark.parametrize("seed", range(10))
    def test_random_batches_agree_with_the_oracle(
        self, store: OnlineStore, table: OnlineTable, seed: int
    ) -> None:
        """Few keys and few instants, so that everything collides."""
        chance = random.Random(seed)  # noqa: S311
        batches = [
            [
                row(
                    b"k%d" % chance.randrange(4),
                    chance.randrange(-3, 4),
                    chance.randrange(3),
                    b"%d-%d" % (batch, number),
                )
                for number in range(chance.randrange(12))
            ]
            for batch in range(12)
        ]
        expect_merge(store, table, batches, "random batches agree with the oracle")

    def test_replay_of_all_batches_changes_nothing(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Writing again what was written, in any order, is harmless."""
        batches = [[row(b"a", n, 0, b"%d" % n), row(b"b", -n, n, b"%d" % n)] for n in range(5)]
        again = [batches[3], *batches[::-1], batches[0]]
        expect_merge(store, table, [*batches, *again], "a replay changes nothing")

    def test_what_stands_already_is_told_from_what_is_new(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """A run that finds nothing new writes nothing: rows come back just as they were written."""
        instants = [0, -1, 2**53 + 1, 1_704_110_400_123_457]
        rows = [
            row(b"%d" % n, instants[n % 4], created, bytes([n % 256]) * (n % 40))
            for n, created in zip(range(1_000), cycle([5, 0, NO_CREATED_TIMESTAMP]), strict=False)
        ]
        store.write(table, rows)
        same = compared(store, table, rows, [(None, 2**60)])
        expect_equal((list(same.new), same.equal), ([], len(rows)), "nothing is new")
        older, newer = row(b"0", -1, 9), row(b"4", 1, 5)
        other, first = row(b"8", *rows[8][1:3], b"grown"), row(b"new", 0)
        late = row(b"5", *rows[5][1:2], rows[5][2] + 1, rows[5][3])
        offered = [older, newer, other, first, late, *rows[9:]]
        new = [newer, other, first, late]
        found = compared(store, table, offered, [(None, 2**60)])
        expect_equal(list(found.new), new, "what is new is found")
        expect_equal(list(found.newer), [(0, older, rows[0])], "what is newer online is found")
        expect_equal(found.equal, len(offered) - 5, "the others are equal")

    def test_a_write_says_how_many_rows_were_kept_back(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Those for whose key a newer row is stored, also among many; equal ones are written."""
        rows = [row(b"%d" % n, n, n) for n in range(700)]
        first = store.write(table, rows)
        if first is None:
            pytest.skip("write returns None: the store does not count the rows that it keeps back")
        expect_equal(first, 0, "nothing is kept back in an empty table")
        offered = [
            row(k, event - (n % 10 == 0), created) for n, (k, event, created, _) in enumerate(rows)
        ]
        offered[7] = row(b"7", 7, 6)
        offered[11] = row(b"11", 12, 1)
        expect_equal(store.write(table, offered), 71, "older rows are kept back")
        expect_equal(store.write(table, rows), 1, "rows of equal pairs are written")
        expect_equal(store.write(table, []), 0, "of nothing, nothing is kept back")

    def test_equal_pair_written_later_stays_so_that_rows_can_grow(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """A feature is added: the row of the same instant is written anew with more in it."""
        small, grown = row(b"k", 5, 5, b"one"), row(b"k", 5, 5, b"one and two" * 100)
        expect_merge(store, table, [[small], [grown]], "rows of the same instant can grow")
        expect_merge(store, table, [[small]], "rows of the same instant can shrink")

    def test_each_key_is_merged_on_its_own(self, store: OnlineStore, table: OnlineTable) -> None:
        """In one batch a row of one key wins and that of another loses."""
        before = [row(b"a", 5), row(b"b", 5)]
        after = [row(b"a", 4, value=b"old"), row(b"b", 6, value=b"new"), row(b"c", 1)]
        expect_merge(store, table, [before, after], "each key is merged on its own")

    @pytest.mark.parametrize("us", _INSTANTS)
    def test_event_timestamp_is_exact(
        self, store: OnlineStore, table: OnlineTable, us: int
    ) -> None:
        """Event timestamps come back to the µs, and 1 µs more is newer."""
        rule = "event timestamps are exact"
        expect_merge(store, table, [[row(b"k", us, 0, b"a")]], rule)
        expect_merge(store, table, [[row(b"k", us, 0, b"a")], [row(b"k", us - 1, 9, b"b")]], rule)

    @pytest.mark.parametrize("us", _INSTANTS)
    def test_created_timestamp_is_exact(
        self, store: OnlineStore, table: OnlineTable, us: int
    ) -> None:
        """Created timestamps come back to the µs, and 1 µs less is older."""
        batches = [[row(b"k", 7, us, b"a")], [row(b"k", 7, us - 1, b"b")]]
        expect_merge(store, table, batches, "created timestamps are exact")
