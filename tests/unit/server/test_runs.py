"""A run in the background says what became of the rows of each view."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import timedelta

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.clock import system_clock
from provender.server.runs.background import Runs
from provender.server.runs.documents import RunDocuments
from provender.server.runtime.thread_pool import Threads
from provender.types import Int64

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)


async def finished(store, work, kind="materialize"):
    """Begin a run, wait for its end and return it as another worker reads it."""
    documents = RunDocuments(store.project, lambda: store.stores.registry, store.stores.clock)
    housekeeping = Threads(1, 4)
    runs = Runs(store, documents, housekeeping)
    begun = await runs.start(kind, None, work)
    while (found := await runs.find(begun.id)).state in ("queued", "running"):
        await asyncio.sleep(0)
    await runs.stop(5)
    housekeeping.close()
    return found


def last_day(store, observer):
    now = store.stores.clock()
    return store.materialize(now - timedelta(days=1), now, observer=observer)


def test_a_run_has_the_counts_of_each_view_and_its_warning(repository, instants, caplog):
    columns = {"driver_id": [1, 1, 2], "ts": instants(8, 7, 9), "v": [10, 999, 20]}
    repository.rows("stats.parquet", columns)
    source = FileSource("stats.parquet", timestamp_field="ts")
    store = repository.store()
    store.apply(
        [DRIVER, FeatureView("stats", source=source, entities=[DRIVER], schema=[Field("v", Int64)])]
    )
    first = asyncio.run(finished(store, last_day))
    assert first.state == "succeeded", first
    (view,) = first.views
    assert (first.rows, view.read, view.rows, view.warning) == (2, 2, 2, None)
    columns = {"driver_id": [1, 2], "ts": instants(8, 9), "v": [10, 20]}
    repository.rows("stats.parquet", columns)
    with caplog.at_level(logging.WARNING, "provender.server"):
        (view,) = asyncio.run(finished(store, last_day)).views
    assert (view.read, view.rows, view.equal, view.kept_back) == (2, 0, 1, 1)
    assert view.warning.got.startswith("driver_id=1: 2026-03-01 05:00:00+00:00 online")
    assert "`provender rebuild stats`" in view.warning.fix
    assert "driver_id=1" in caplog.text


@pytest.fixture
def pushed(repository, instants):
    """A store with a row that is only online."""
    repository.configure(registry={"path": "registry.db", "write_cache_ttl_seconds": 0})
    repository.rows("stats.parquet", {"driver_id": [1], "ts": instants(8), "v": [10]})
    source = FileSource("stats.parquet", timestamp_field="ts")
    store = repository.store()
    store.apply(
        [DRIVER, FeatureView("stats", source=source, entities=[DRIVER], schema=[Field("v", Int64)])]
    )
    store.write_to_online_store("stats", [{"driver_id": 3, "ts": repository.clock(), "v": 30}])
    return store


@pytest.mark.parametrize(
    ("how", "kept", "dropped"),
    [({"keep_pushed": True}, 1, None), ({"allow_data_loss": ["stats"]}, 0, 1)],
    ids=["kept", "dropped"],
)
def test_a_run_that_rebuilds_says_what_became_of_rows_that_were_only_online(
    pushed, how, kept, dropped
):
    def work(store, observer):
        return store.rebuild(observer=observer, **how)

    found = asyncio.run(finished(pushed, work, "rebuild"))
    assert (found.kind, found.state, found.rows) == ("rebuild", "succeeded", 1), found
    (view,) = found.views
    assert (view.view, view.generation, view.rows) == ("stats", 1, 1)
    assert (view.kept, view.dropped) == (kept, dropped)


def test_a_run_without_consent_fails_and_says_how_many_rows_would_be_lost(pushed):
    def work(store, observer):
        return store.rebuild(observer=observer)

    found = asyncio.run(finished(pushed, work, "rebuild"))
    assert found.state == "failed"
    (problem,) = found.problems
    assert problem.got == "1 row, such as that of {'driver_id': 3}"
    assert "allow_data_loss=['stats']" in problem.fix
    assert pushed.refresh().view("stats").generation == 0


def test_a_rebuild_that_is_stopped_with_the_server_leaves_the_old_rows(pushed):
    async def stopped():
        documents = RunDocuments(pushed.project, lambda: pushed.stores.registry, system_clock)
        housekeeping = Threads(1, 4)
        runs = Runs(pushed, documents, housekeeping)
        loop, told, stops = asyncio.get_running_loop(), threading.Event(), []

        def stop():
            stops.append(loop.create_task(runs.stop(5)))
            loop.call_soon(told.set)

        def work(store, observer):
            loop.call_soon_threadsafe(stop)
            told.wait(10)
            return store.rebuild(allow_data_loss=True, observer=observer)

        begun = await runs.start("rebuild", None, work)
        while (found := await runs.find(begun.id)).state in ("queued", "running"):
            await asyncio.sleep(0)
        await asyncio.gather(*stops)
        housekeeping.close()
        return found

    assert asyncio.run(stopped()).state == "stopped"
    catalog = pushed.refresh()
    assert catalog.view("stats").generation == 0
    assert catalog.document["filling"] == {}
