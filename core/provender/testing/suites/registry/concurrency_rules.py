"""Rules of the registry suite: many writers at once lose nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import ClassVar

import pytest

from provender.errors import Conflict
from provender.plugin import Registry
from provender.testing.suites.capabilities import needs
from provender.testing.suites.concurrency import in_processes, in_threads
from provender.testing.suites.concurrency_worker import add_lines, registry_task
from provender.testing.suites.registry.document_rules import RegistryDocuments
from provender.testing.suites.store_opener import StoreOpener
from provender.testing.suites.store_suite import expect, expect_equal

_TIMES = 5
"""How often each of them writes."""
_MEGABYTE = 1_000_000


def _expect_nothing_lost(store: Registry, name: str, writers: int) -> None:
    history = store.history(name)
    total = writers * _TIMES
    versions = [document.version for document in history]
    expect_equal(versions, list(range(1, total + 1)), "every write is a version, in order")
    _expect_all_lines(history[-1].payload, writers)
    for before, after in pairwise(history):
        grew = after.payload.startswith(before.payload) and after.payload != before.payload
        expect(grew, "each version was made of the one before", (before.version, after.version))


def _expect_all_lines(payload: bytes, writers: int) -> None:
    wanted = sorted(b"%d:%d" % (m, n) for m in range(writers) for n in range(_TIMES))
    expect_equal(sorted(payload.splitlines()), wanted, "no writer's line is lost")


class RegistryCrowdRules(RegistryDocuments):
    """Compare-and-swap holds between threads, connections and processes.

    Attributes:
        crowd: How many write at once.
    """

    crowd: ClassVar[int] = 16

    @pytest.mark.parametrize("shared", [True, False], ids=["one connection", "many connections"])
    def test_many_writing_threads_lose_nothing(
        self, store: Registry, open_store: Callable[[], Registry], name: str, shared: bool
    ) -> None:
        """Each thread reads, adds a line and swaps, until it succeeds."""
        stores = [store if shared else open_store() for _ in range(self.crowd)]

        def add(number: int) -> None:
            store = stores[number]
            add_lines(store.write, store, name, member=number, times=_TIMES)

        in_threads(self.crowd, add)
        _expect_nothing_lost(store, name, self.crowd)

    def test_many_replacing_threads_lose_nothing(
        self, open_store: Callable[[], Registry], name: str
    ) -> None:
        """Each thread reads, adds a line and replaces, until it succeeds."""
        stores = [open_store() for _ in range(self.crowd)]

        def add(number: int) -> None:
            add_lines(stores[number].replace, stores[number], name, member=number, times=_TIMES)

        in_threads(self.crowd, add)
        history = stores[0].history(name)
        newest = [document.version for document in history]
        expect_equal(newest, [self.crowd * _TIMES], "every replacement is counted, one is kept")
        _expect_all_lines(history[-1].payload, self.crowd)

    @needs("multi_process")
    def test_many_writing_processes_lose_nothing(
        self, store: Registry, opener: StoreOpener, name: str
    ) -> None:
        """Each process reads, adds a line and swaps, until it succeeds."""
        in_processes([registry_task(opener, name, n, _TIMES) for n in range(self.crowd)])
        _expect_nothing_lost(store, name, self.crowd)

    def test_one_of_many_creates_a_document(
        self, open_store: Callable[[], Registry], name: str
    ) -> None:
        """All begin together; all but one get a Conflict."""
        stores = [open_store() for _ in range(self.crowd)]

        def create(number: int) -> bool:
            return _succeeds(lambda: stores[number].write(name, b"%d" % number, 0))

        created = in_threads(self.crowd, create)
        expect_equal(sum(created), 1, "one of many creates the document")
        found = stores[0].read(name)
        winner = b"%d" % created.index(True)
        expect_equal(found and (found.payload, found.version), (winner, 1), "it is the winner's")

    def test_one_of_many_deletes_a_document(
        self, open_store: Callable[[], Registry], name: str
    ) -> None:
        """All begin together; all but one get a Conflict."""
        stores = [open_store() for _ in range(self.crowd)]
        stores[0].write(name, b"", 0)

        def delete(number: int) -> bool:
            return _succeeds(lambda: stores[number].delete(name, 1))

        expect_equal(sum(in_threads(self.crowd, delete)), 1, "one of many deletes the document")
        expect_equal(stores[0].read(name), None, "the document is gone")

    def test_deletion_or_replacement_wins_but_not_both(
        self, open_store: Callable[[], Registry], name: str
    ) -> None:
        """One half of the threads deletes version 1, the other replaces it."""
        stores = [open_store() for _ in range(self.crowd)]
        stores[0].write(name, b"old", 0)

        def change(number: int) -> bool:
            if number % 2:
                return _succeeds(lambda: stores[number].delete(name, 1))
            return _succeeds(lambda: stores[number].write(name, b"new", 1))

        changed = in_threads(self.crowd, change)
        expect_equal(sum(changed), 1, "one change of version 1 succeeds")
        found = stores[0].read(name)
        left = None if changed.index(True) % 2 else b"new"
        expect_equal(found and found.payload, left, "what is left is what the winner did")

    def test_readers_never_see_half_a_document(
        self, open_store: Callable[[], Registry], name: str
    ) -> None:
        """Every version is one byte a million times over; four read what one writes."""
        stores = [open_store() for _ in range(5)]
        stores[0].write(name, b"a" * _MEGABYTE, 0)
        done = threading.Event()

        def work(number: int) -> list[str]:
            if number:
                return _halves(stores[number], name, done)
            try:
                for version in range(1, 12):
                    stores[0].write(name, b"%c" % (97 + version) * _MEGABYTE, version)
            finally:
                done.set()
            return []

        faults = [fault for found in in_threads(5, work) for fault in found]
        expect(not faults, "readers see whole documents that only get newer", faults[:3])


def _succeeds(change: Callable[[], object]) -> bool:
    try:
        change()
    except Conflict:
        return False
    return True


def _halves(store: Registry, name: str, done: threading.Event) -> list[str]:
    """Read until `done`; return what must not have been seen."""
    before = 0
    while not done.is_set():
        found = store.read(name)
        if found is None:
            return ["no document"]
        first = found.payload[:1]
        if found.payload != first * _MEGABYTE or first != b"%c" % (96 + found.version):
            return [f"version {found.version}: {len(found.payload)} bytes from {first!r}"]
        if found.version < before:
            return [f"version {found.version} after version {before}"]
        before = found.version
    return []
