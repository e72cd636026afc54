"""Rules of the online suite: many writers at once, and readers among them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

import pytest

from provender.plugin import OnlineStore, OnlineTable
from provender.testing.suites.capabilities import needs
from provender.testing.suites.concurrency import in_processes, in_threads
from provender.testing.suites.concurrency_worker import online_task, write_versions
from provender.testing.suites.online.base_suite import OnlineSuiteBase, expect_rows, row
from provender.testing.suites.store_opener import StoreOpener
from provender.testing.suites.store_suite import expect

_KEYS, _VERSIONS = 12, 25


def _expect_last_versions(store: OnlineStore, table: OnlineTable) -> None:
    keys = [b"key-%d" % key for key in range(_KEYS)]
    last = _VERSIONS - 1
    newest = [row(key, last, last % 3, b"version-%d" % last) for key in keys]
    expect_rows(store, table, keys, newest, "newest wins under concurrent writers")


class OnlineCrowdRules(OnlineSuiteBase):
    """Newest wins whoever writes, and nobody reads what was never written.

    Attributes:
        crowd: How many write at once.
    """

    crowd: ClassVar[int] = 8

    @pytest.mark.parametrize("shared", [True, False], ids=["one connection", "many connections"])
    def test_newest_wins_under_many_writing_threads(
        self,
        store: OnlineStore,
        open_store: Callable[[], OnlineStore],
        table: OnlineTable,
        shared: bool,
    ) -> None:
        """Each thread writes all versions of all keys in an order of its own."""
        stores = [store if shared else open_store() for _ in range(self.crowd)]

        def write(number: int) -> None:
            write_versions(stores[number], table, seed=number, keys=_KEYS, versions=_VERSIONS)

        in_threads(self.crowd, write)
        _expect_last_versions(store, table)

    @needs("multi_process")
    def test_newest_wins_under_many_writing_processes(
        self, store: OnlineStore, opener: StoreOpener, table: OnlineTable
    ) -> None:
        """Each process writes all versions of all keys in an order of its own."""
        tasks = [online_task(opener, table, seed, _KEYS, _VERSIONS) for seed in range(self.crowd)]
        in_processes(tasks)
        _expect_last_versions(store, table)

    def test_readers_never_see_a_torn_row_nor_an_older_one_than_before(
        self, open_store: Callable[[], OnlineStore], table: OnlineTable
    ) -> None:
        """Four threads write while four read what they write."""
        stores = [open_store() for _ in range(8)]
        writers = _Writers(4)

        def work(number: int) -> list[str]:
            if number >= 4:
                return _watch(stores[number], table, writers)
            with writers.one():
                write_versions(stores[number], table, seed=number, keys=2, versions=_VERSIONS)
            return []

        faults = [fault for found in in_threads(8, work) for fault in found]
        expect(not faults, "readers see whole rows that only get newer", faults[:3])

    def test_many_threads_prepare_the_same_table(
        self, open_store: Callable[[], OnlineStore], new_table: Callable[..., OnlineTable]
    ) -> None:
        """All of them may write at once."""
        table = new_table("prepared_by_all")
        stores = [open_store() for _ in range(self.crowd)]
        stores[0].drop([table])

        def prepare_and_write(number: int) -> None:
            stores[number].prepare([table])
            stores[number].write(table, [row(b"%d" % number)])

        in_threads(self.crowd, prepare_and_write)
        keys = [b"%d" % number for number in range(self.crowd)]
        expect_rows(stores[0], table, keys, list(map(row, keys)), "every writer's row is there")

    def test_many_threads_write_keys_of_their_own(
        self, open_store: Callable[[], OnlineStore], table: OnlineTable
    ) -> None:
        """No row of any writer is lost."""
        stores = [open_store() for _ in range(self.crowd)]

        def write(number: int) -> None:
            for batch in range(10):
                keys = [b"%d-%d-%d" % (number, batch, n) for n in range(20)]
                stores[number].write(table, [row(key) for key in keys])

        in_threads(self.crowd, write)
        keys = [
            b"%d-%d-%d" % (w, b, n) for w in range(self.crowd) for b in range(10) for n in range(20)
        ]
        expect_rows(stores[0], table, keys, list(map(row, keys)), "no writer's row is lost")


class _Writers:
    """Knows whether any of some writers is not done yet."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._lock = threading.Lock()

    @contextmanager
    def one(self) -> Iterator[None]:
        """One of them writes while the block runs; it is done however that ends."""
        try:
            yield
        finally:
            with self._lock:
                self._left -= 1

    @property
    def going_on(self) -> bool:
        return self._left > 0


def _watch(store: OnlineStore, table: OnlineTable, writers: _Writers) -> list[str]:
    """Read until the last writer is done, and once more; return what must not have been seen."""
    faults: list[str] = []
    before = -1
    going_on = True
    while going_on and not faults:
        going_on = writers.going_on
        (found,) = store.read(table, [b"key-0"])
        if found is None:
            continue
        _, event, created, value = found
        if value != b"version-%d" % event or created != event % 3:
            faults.append(f"a torn row: {found!r}")
        if event < before:
            faults.append(f"version {event} after version {before}")
        before = event
    if not faults and before != _VERSIONS - 1:
        faults.append(f"version {before} after the last writer was done")
    return faults
