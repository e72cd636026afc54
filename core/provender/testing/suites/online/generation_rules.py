"""Rules of the online suite: two generations of a view at the same time, until one is dropped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from provender.errors import StoreError
from provender.plugin import OnlineRow, OnlineStore, OnlineTable
from provender.testing.suites.capabilities import needs
from provender.testing.suites.concurrency import in_threads
from provender.testing.suites.online.base_suite import OnlineSuiteBase, expect_rows, row
from provender.testing.suites.store_suite import expect, expect_equal

_KEYS = [b"%d" % n for n in range(12)]
_PATIENCE = 60
"""Seconds that a thread may take for its first turns."""


class OnlineGenerationRules(OnlineSuiteBase):
    """One generation of a view is filled while the one before is read, and then that one goes."""

    @pytest.fixture
    def generations(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable]
    ) -> Iterator[list[OnlineTable]]:
        """Three prepared tables of one view; the name of one is the beginning of another's."""
        first = new_table("view")
        tables = [replace(first, generation=number) for number in (1, 2, 10)]
        store.prepare(tables)
        yield tables
        store.drop(tables)

    def test_generations_of_a_view_hold_rows_of_their_own(
        self,
        store: OnlineStore,
        open_store: Callable[[], OnlineStore],
        generations: list[OnlineTable],
    ) -> None:
        """An older row of one is kept apart from a newer one of another, and so are drops."""
        rows = [_rows_of(table, 9 - n) for n, table in enumerate(generations)]
        for table, own in zip(generations, rows, strict=True):
            store.write(table, own)
        found = store.read_many([(table, _KEYS) for table in generations])
        expect_equal(found, rows, "generations hold rows of their own, also in one read")
        store.prepare(generations)
        store.drop(generations[:1])
        other = open_store()
        expect_rows(other, generations[0], _KEYS, [None] * len(_KEYS), "a dropped one is empty")
        for table, own in zip(generations[1:], rows[1:], strict=True):
            expect_rows(other, table, _KEYS, own, "a drop leaves other generations as they are")
        other.prepare(generations)
        other.write(generations[0], rows[2])
        expect_rows(store, generations[0], _KEYS, rows[2], "older rows are written after a drop")

    @needs("count")
    def test_generations_are_counted_apart(
        self, store: OnlineStore, generations: list[OnlineTable]
    ) -> None:
        """Rows of another generation do not count."""
        for n, table in enumerate(generations):
            store.write(table, _rows_of(table)[n:])
        counts = [store.count(table) for table in generations]
        store.drop(generations[:1])
        counts += [store.count(table) for table in generations]
        expect_equal(counts, [12, 11, 10, 0, 11, 10], "each generation counts its own rows")

    @needs("delete")
    def test_a_delete_leaves_other_generations_as_they_are(
        self, store: OnlineStore, generations: list[OnlineTable]
    ) -> None:
        """The same keys stay in the others."""
        for table in generations:
            store.write(table, _rows_of(table))
        store.delete(generations[0], _KEYS[::2])
        left = [None if n % 2 == 0 else one for n, one in enumerate(_rows_of(generations[0]))]
        expect_rows(store, generations[0], _KEYS, left, "the rows of the keys are removed")
        for table in generations[1:]:
            expect_rows(store, table, _KEYS, _rows_of(table), "the same keys of others stay")

    @needs("keys")
    def test_keys_of_generations_are_listed_apart(
        self, store: OnlineStore, generations: list[OnlineTable]
    ) -> None:
        """Each key is listed for the generation that holds it."""
        for n, table in enumerate(generations):
            store.write(table, _rows_of(table)[n::3])
        for n, table in enumerate(generations):
            found = sorted(key for portion in store.keys(table) for key in portion)
            expect_equal(found, sorted(_KEYS[n::3]), "a generation lists its own keys")

    def test_rows_that_are_written_to_two_generations_at_once_are_in_both(
        self, open_store: Callable[[], OnlineStore], generations: list[OnlineTable]
    ) -> None:
        """Threads write to both, as pushes do while the next generation is filled."""
        both = generations[:2]
        stores = [open_store() for _ in range(4)]

        def work(number: int) -> None:
            for turn in range(6):
                for table in both if number % 2 else both[::-1]:
                    stores[number].write(table, _rows_of(table, number + 4 * turn))

        in_threads(4, work)
        for table in both:
            expect_rows(stores[0], table, _KEYS, _rows_of(table, 23), "newest wins in both")

    def test_a_generation_is_dropped_while_others_read_and_write_it(
        self, open_store: Callable[[], OnlineStore], generations: list[OnlineTable]
    ) -> None:
        """Readers get its rows or none, writers may get a StoreError, the next one is untouched."""
        old, new = generations[:2]
        stores = [open_store() for _ in range(6)]
        for table in (old, new):
            stores[0].write(table, _rows_of(table))
        drop = _Drop(5)

        def work(number: int) -> list[str]:
            if not number:
                drop.when_all_are_at_it(lambda: stores[0].drop([old]))
                return []
            if number < 4:
                return drop.meanwhile(lambda: _wrong(stores[number], old, new))
            if number == 4:
                return drop.meanwhile(lambda: _written(stores[4], old))
            return drop.meanwhile(lambda: stores[5].write(new, _rows_of(new)))

        faults = [fault for found in in_threads(6, work) for fault in found]
        expect(not faults, "readers get rows of the table that they read, or none", faults[:3])
        expect_rows(stores[1], new, _KEYS, _rows_of(new), "a drop leaves the next generation")
        stores[0].drop([old])
        for number in range(6):
            for found in _answers(stores[number], old, new):
                whole = [[None] * len(_KEYS), _rows_of(new)]
                expect_equal(found, whole, "the dropped one is empty, the next one is whole")
        for number in range(6):
            stores[number].prepare([old])
            stores[number].write(old, _rows_of(old, number))
            expect_rows(stores[0], old, _KEYS, _rows_of(old, number), "a new table can be written")
        expect_rows(stores[1], new, _KEYS, _rows_of(new), "the next generation is as it was")

    @needs("delete")
    @pytest.mark.parametrize("shared", [True, False], ids=["one connection", "many connections"])
    def test_keys_are_deleted_while_they_and_others_are_written(
        self,
        store: OnlineStore,
        open_store: Callable[[], OnlineStore],
        generations: list[OnlineTable],
        shared: bool,
    ) -> None:
        """Of a write and a delete of a key either is the last; no other row is touched."""
        table, other = generations[:2]
        stores = [store if shared else open_store() for _ in range(3)]
        gone, kept = _KEYS[::2], _KEYS[1::2]
        others = [b"other-%d" % n for n in range(8)]
        stores[0].write(other, _rows_of(other))
        for turn in range(1, 5):
            before, after = _rows_of(table, turn * 2), _rows_of(table, turn * 2 + 1)
            stores[0].write(table, before)

            def work(number: int, turn: int = turn, after: list[OnlineRow] = after) -> None:
                if number == 0:
                    stores[0].write(table, after)
                elif number == 1:
                    stores[1].delete(table, gone)
                else:
                    stores[2].write(table, [row(key, turn) for key in others])

            in_threads(3, work)
            expect_rows(stores[0], table, kept, after[1::2], "rows of other keys are written")
            for key, found in zip(gone, stores[0].read(table, gone), strict=True):
                written = after[_KEYS.index(key)]
                expect(found in (None, written), "the write or the delete was the last", found)
            expected = [row(key, turn) for key in others]
            expect_rows(stores[0], table, others, expected, "rows of other writers are there")
        expect_rows(stores[0], other, _KEYS, _rows_of(other), "other generations are untouched")


class _Drop:
    """A drop that begins when some threads are at work, each of which then does one more turn.

    Args:
        count: How many threads are at work.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._begun = threading.Semaphore(0)
        self._over = threading.Event()

    def when_all_are_at_it(self, drop: Callable[[], object]) -> None:
        """Drop when every thread has done its first turn."""
        try:
            for _ in range(self._count):
                expect(self._begun.acquire(timeout=_PATIENCE), "every thread does a turn")
            drop()
        finally:
            self._over.set()

    def meanwhile(self, turn: Callable[[], object]) -> list[str]:
        """Take turns until the drop is over, and one more; return the faults that they found."""
        faults: list[str] = []
        try:
            faults += _faults_of(turn)
        finally:
            self._begun.release()
        over = False
        while not over and not faults:
            over = self._over.is_set()
            faults += _faults_of(turn)
        return faults


def _faults_of(turn: Callable[[], object]) -> list[str]:
    found = turn()
    return found if isinstance(found, list) else []


def _rows_of(table: OnlineTable, event: int = 1) -> list[OnlineRow]:
    """Return a row of each key, whose value names the generation."""
    return [row(key, event, value=b"%d of %d" % (event, table.generation)) for key in _KEYS]


def _answers(
    store: OnlineStore, old: OnlineTable, new: OnlineTable
) -> list[list[list[OnlineRow | None]]]:
    """Read both generations at once, in the two ways that there are for threads and event loops."""
    requests = [(old, _KEYS), (new, _KEYS)]
    answers = [store.read_many(requests), store.read_now(requests)]
    return [answer for answer in answers if answer is not None]


def _wrong(store: OnlineStore, old: OnlineTable, new: OnlineTable) -> list[str]:
    """Read both generations at once, and return what must not be there."""
    faults: list[str] = []
    for of_old, of_new in _answers(store, old, new):
        pairs = zip(of_old, _rows_of(old), strict=True)
        faults += [f"of the dropped one: {got}" for got, own in pairs if got not in (None, own)]
        pairs = zip(of_new, _rows_of(new), strict=True)
        faults += [f"of the next one: {got}" for got, own in pairs if got != own]
    return faults


def _written(store: OnlineStore, table: OnlineTable) -> None:
    """Write rows to a table that others may have dropped, which may be an error of the store."""
    with suppress(StoreError):
        store.write(table, _rows_of(table))
