"""Online reads that an event loop awaits: the same answers, and the loop goes on meanwhile.

What has to be waited for ends only when the loop does something, which a blocked loop cannot.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from contextlib import closing

import pytest

from provender import Entity, FeatureStore, FeatureView, Field, FileSource
from provender.errors import NotFound, RequestError, StoreError
from provender.testing.faults import raises
from provender.testing.faults.plugin import FaultyStores
from provender.types import Float64, String

DRIVER = Entity(name="driver", join_keys=["driver_id"])
FEATURES = ["stats:rating", "world:mood"]


def views(*more):
    stats = FileSource("stats.parquet", timestamp_field="ts")
    fields = [Field("rating", Float64), *more]
    return [
        DRIVER,
        FeatureView("stats", source=stats, entities=[DRIVER], schema=fields),
        FeatureView("world", source=FileSource("world.parquet", timestamp_field="ts")),
    ]


@pytest.fixture
def store(repository, instants):
    ids = list(range(100))
    ratings = [None if n % 7 == 0 else n / 10 for n in ids]
    columns = {"driver_id": ids, "ts": instants(*[1] * 100), "rating": ratings}
    repository.rows("stats.parquet", columns)
    repository.rows("world.parquet", {"ts": instants(5, 4), "mood": ["bad", "good"]})
    found = repository.store()
    found.apply(views())
    found.materialize_incremental(repository.clock())
    return found


def told(response):
    return response.to_dict(include_statuses=True, include_event_timestamps=True)


class Waits:
    """A fault that lasts until the event loop lets it go."""

    def __init__(self):
        self.entered, self.let_go = threading.Event(), threading.Event()

    def __call__(self, call, args):
        self.entered.set()
        assert self.let_go.wait(30)
        return call(*args)

    async def is_left_by_the_loop(self, work):
        """Return what `work` returns, which waits here until the event loop goes on."""
        task = asyncio.ensure_future(work)
        async with asyncio.timeout(30):
            while not self.entered.is_set():
                await asyncio.sleep(0)
        assert not task.done()
        self.let_go.set()
        return await task


@pytest.mark.parametrize("features", [FEATURES, ["stats"]], ids=["two views", "one view"])
def test_a_hundred_reads_at_once_answer_as_one_after_the_other(store, repository, features):
    asked = [{"driver_id": [n, 99 - n, None, 1_000 + n]} for n in range(100)]
    expected = [told(store.get_online_features(features, rows)) for rows in asked]

    async def work():
        async with repository.store() as fresh:
            firsts = await asyncio.gather(
                *(fresh.get_online_features_async(features, rows) for rows in asked)
            )
            reader = await fresh.prepare_async(features)
            seconds = await asyncio.gather(*map(reader.read_async, asked))
            return [told(found) for found in [*firsts, *seconds]]

    assert asyncio.run(work()) == [*expected, *expected]


def test_the_loop_goes_on_while_the_database_is_locked(store, repository):
    store.close()  # the last connection, so that the file can be taken as a whole
    path = repository.path / "online.db"

    async def work(owner):
        reader = await store.prepare_async(FEATURES)
        owner.execute("PRAGMA locking_mode = EXCLUSIVE")
        owner.execute("BEGIN IMMEDIATE")
        read = asyncio.ensure_future(reader.read_async({"driver_id": [8]}))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not read.done()
        owner.close()
        return (await read).to_dict()

    with closing(sqlite3.connect(path, isolation_level=None)) as owner:
        assert asyncio.run(work(owner))["rating"] == [0.8]


@pytest.mark.parametrize("step", ["first", "later"])
def test_the_loop_goes_on_while_the_registry_is_read(store, repository, step):
    registry = {"path": "registry.db", "cache_ttl_seconds": 0}
    repository.configure(registry=registry)
    faulty = FaultyStores()
    slow = faulty.around(repository.store())

    async def work():
        waits = Waits()
        if step == "first":
            faulty.follow({"registry": {"read": [waits]}})
            ask = slow.get_online_features_async(FEATURES, {"driver_id": [8]})
        else:
            reader = await slow.prepare_async(FEATURES)
            faulty.follow({"registry": {"read": [waits]}})
            ask = reader.read_async({"driver_id": [8]})
        return (await waits.is_left_by_the_loop(ask)).to_dict()

    assert asyncio.run(work())["rating"] == [0.8]


def test_the_loop_goes_on_while_a_newer_catalog_is_asked_for(store, repository, instants):
    faulty = FaultyStores()
    reading = faulty.around(repository.store())
    reader = reading.prepare(FEATURES)
    columns = {"driver_id": [8], "ts": instants(0), "rating": [9.9], "extra": ["new"]}
    repository.rows("stats.parquet", columns)
    store.apply(views(Field("extra", String)))
    store.materialize_incremental(repository.clock())

    async def work():
        waits = Waits()
        faulty.follow({"registry": {"read": [waits]}})
        return (await waits.is_left_by_the_loop(reader.read_async({"driver_id": [8]}))).to_dict()

    assert asyncio.run(work())["rating"] == [9.9]


def test_errors_are_those_of_the_other_methods(repository, store):
    script = {"online": {"read_many_async": [raises()]}}
    failing = FaultyStores(script).around(repository.store())

    async def work():
        with pytest.raises(NotFound, match="nowhere"):
            await failing.get_online_features_async(["nowhere:x"], {})
        with pytest.raises(RequestError, match="driver_id"):
            await failing.get_online_features_async(FEATURES, {"driver": [1]})
        with pytest.raises(StoreError, match="on purpose"):
            await failing.get_online_features_async(FEATURES, {"driver_id": [1]})
        found = await failing.get_online_features_async(FEATURES, {"driver_id": [1]})
        assert found.to_dict()["rating"] == [0.1]

    asyncio.run(work())


def test_a_feature_store_that_was_closed_in_a_loop_is_usable_again(store, repository):
    async def work():
        async with FeatureStore(repository.path, clock=repository.clock) as found:
            await found.get_online_features_async(FEATURES, {"driver_id": [1]})
        await found.close_async()
        answer = await found.get_online_features_async(FEATURES, {"driver_id": [1]})
        await found.close_async()
        return answer.to_dict()

    assert asyncio.run(work())["rating"] == [0.1]
