"""Readers hold the catalog: they do not wait, do not go back, and see whole versions."""

from __future__ import annotations

import logging
import os
import threading

import pytest

from provender.catalog.cache import CachedCatalog
from provender.catalog.catalog import Catalog, empty_document
from provender.errors import RegistryError


class Registry:
    """Gives a newer version each time; its reads can be held up, or fail."""

    def __init__(self):
        self.version = 0
        self.reads = 0
        self.error = None
        self.began, self.goes_on = threading.Event(), threading.Event()
        self.goes_on.set()

    def load(self, held=None):
        self.reads += 1
        self.version += 1
        version, error = self.version, self.error
        self.began.set()
        assert self.goes_on.wait(60)
        if error:
            raise error
        return Catalog("p", version, empty_document(), lambda kind: None)


class Ticks:
    now = 0.0

    def __call__(self):
        return self.now


class Behind:
    """Background work that is done when it is asked for."""

    def __init__(self):
        self.work = []

    def __call__(self, work):
        self.work.append(work)

    def do(self):
        while self.work:
            self.work.pop(0)()


@pytest.fixture
def registry():
    return Registry()


@pytest.fixture
def ticks():
    return Ticks()


@pytest.fixture
def behind():
    return Behind()


@pytest.fixture
def cached(registry, ticks, behind):
    return CachedCatalog(registry.load, 10, clock=ticks, background=behind)


def test_the_first_reader_waits_and_the_next_ones_share(cached, registry):
    assert cached.get().version == 1
    assert cached.get() is cached.get()
    assert registry.reads == 1


def test_after_its_time_the_old_one_is_given_at_once_while_one_refreshes(
    cached, registry, ticks, behind
):
    cached.get()
    ticks.now = 9.9
    cached.get()
    assert behind.work == []
    ticks.now = 10
    assert [cached.get().version for _ in range(5)] == [1] * 5
    assert len(behind.work) == 1
    assert registry.reads == 1, "nobody waited for the registry"
    behind.do()
    assert cached.get().version == 2
    ticks.now = 19.9
    cached.get()
    assert behind.work == []
    ticks.now = 20
    cached.get()
    assert len(behind.work) == 1


def test_readers_go_on_while_the_registry_is_slow(registry, ticks):
    cached = CachedCatalog(registry.load, 10, clock=ticks)
    cached.get()
    registry.began.clear()
    registry.goes_on.clear()
    ticks.now = 10
    assert cached.get().version == 1
    assert registry.began.wait(60), "a thread reads the registry"
    assert [cached.get().version for _ in range(100)] == [1] * 100
    (thread,) = [t for t in threading.enumerate() if t.name == "provender-catalog"]
    registry.goes_on.set()
    thread.join(60)
    assert cached.get().version == 2
    assert registry.reads == 2


def test_when_it_fails_the_old_one_is_served_and_it_is_told_once(
    cached, registry, ticks, behind, caplog
):
    cached.get()
    registry.error = RegistryError("no answer")
    with caplog.at_level(logging.WARNING):
        for round_ in range(1, 4):
            ticks.now = 10 * round_
            assert cached.get().version == 1
            behind.do()
            assert cached.get().version == 1
            assert behind.work == [], "it is tried again only after another time to live"
    assert registry.reads == 4
    assert [record.getMessage().count("no answer") for record in caplog.records] == [1]
    assert "no answer" in str(cached.failure)
    registry.error = None
    ticks.now = 40
    cached.get()
    behind.do()
    assert cached.get().version == 5
    assert cached.failure is None


def test_a_first_read_that_fails_raises_and_is_tried_again(cached, registry):
    registry.error = RegistryError("no answer")
    for _ in range(2):
        with pytest.raises(RegistryError, match="no answer"):
            cached.get()
    registry.error = None
    assert cached.get().version == 3


def test_no_time_at_all_reads_each_time(registry, behind):
    cached = CachedCatalog(registry.load, 0, background=behind)
    assert [cached.get().version for _ in range(3)] == [1, 2, 3]
    assert behind.work == []


def test_for_ever_never_reads_again(registry, ticks, behind):
    cached = CachedCatalog(registry.load, None, clock=ticks, background=behind)
    cached.get()
    ticks.now = 1e12
    assert cached.get().version == 1
    assert behind.work == []
    assert cached.refresh().version == 2
    assert cached.get().version == 2


def test_what_was_read_before_a_commit_does_not_replace_it(cached, registry, ticks):
    cached = CachedCatalog(registry.load, 10, clock=ticks)
    cached.get()
    registry.began.clear()
    registry.goes_on.clear()
    ticks.now = 10
    cached.get()
    assert registry.began.wait(60)
    (thread,) = [t for t in threading.enumerate() if t.name == "provender-catalog"]
    committed = Catalog("p", 7, empty_document(), lambda kind: None)
    cached.put(committed, ticks.now)
    registry.goes_on.set()
    thread.join(60)
    assert cached.get() is committed


def test_what_was_forgotten_is_read_anew(cached, registry):
    cached.get()
    cached.clear()
    assert cached.get().version == 2


def test_many_first_readers_read_once(cached, registry):
    registry.goes_on.clear()
    found = []
    threads = [threading.Thread(target=lambda: found.append(cached.get())) for _ in range(16)]
    for thread in threads:
        thread.start()
    assert registry.began.wait(60)
    registry.goes_on.set()
    for thread in threads:
        thread.join(60)
    assert [catalog.version for catalog in found] == [1] * 16
    assert registry.reads == 1


def test_a_process_forked_during_a_refresh_refreshes_itself(cached, registry, ticks, behind):
    cached.get()
    ticks.now = 10
    cached.get()
    assert len(behind.work) == 1
    child = os.fork()
    if not child:
        behind.work.clear()
        cached.get()
        os._exit(len(behind.work))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def test_without_threads_the_old_one_is_served(registry, ticks):
    def no_threads(work):
        raise RuntimeError("can't start new thread")

    cached = CachedCatalog(registry.load, 10, clock=ticks, background=no_threads)
    cached.get()
    ticks.now = 10
    assert cached.get().version == 1
    assert "can't start new thread" in str(cached.failure)
    assert cached.refresh().version == 2


def test_a_reader_that_comes_very_late_waits_for_the_newest(cached, registry, ticks, behind):
    """The tables that the old one names may be dropped by then."""
    cached.get()
    ticks.now = 19.9
    assert not cached.waits
    assert cached.get().version == 1
    behind.work.clear()
    ticks.now = 20
    assert cached.waits
    assert cached.get().version == 2
    assert not cached.waits


def test_a_reader_that_comes_very_late_gets_the_old_one_if_the_registry_fails(
    cached, registry, ticks
):
    cached.get()
    registry.error = RegistryError("no answer")
    ticks.now = 100
    assert cached.get().version == 1
    assert not cached.waits, "nobody waits for a registry that fails"


def test_who_writes_gets_a_recent_one_and_mostly_does_not_wait(cached, registry, ticks, behind):
    first = cached.recent(5)
    ticks.now = 2.4
    assert cached.recent(5) is first
    assert behind.work == []
    ticks.now = 2.5
    assert cached.recent(5) is first
    assert len(behind.work) == 1, "it is read in the background"
    behind.do()
    assert cached.recent(5).catalog.version == 2
    ticks.now = 7.5
    assert not cached.is_recent(first, 5)
    assert cached.recent(5).catalog.version == 3, "it waits"
    registry.error = RegistryError("no answer")
    ticks.now = 20
    with pytest.raises(RegistryError, match="no answer"):
        cached.recent(5)


def test_the_time_of_a_snapshot_is_when_its_reading_began(cached, registry, ticks):
    """A change of the catalog that came while it was read may not be in it."""
    load = registry.load

    def slow(held):
        ticks.now += 4
        return load(held)

    cached._load = slow
    snapshot = cached.refresh_snapshot()
    assert not cached.is_recent(snapshot, 4)
    assert cached.is_recent(snapshot, 4.1)


def test_a_catalog_that_was_committed_is_as_old_as_its_commit(cached, ticks):
    """Another one may have been committed between the end of the commit and this moment."""
    began = cached.now()
    ticks.now = 4
    committed = Catalog("p", 7, empty_document(), lambda kind: None)
    cached.put(committed, began)
    assert cached.get() is committed
    assert cached.recent(5).catalog is committed
    ticks.now = 5
    assert cached.recent(5).catalog is not committed
