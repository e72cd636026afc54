"""A run in the background says what became of the rows of each view."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from provender import Entity, FeatureView, Field, FileSource
from provender.server.runs.background import Runs
from provender.server.runs.documents import RunDocuments
from provender.server.runtime.thread_pool import Threads
from provender.types import Int64

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)


async def finished(store, clock):
    """Begin a run over the last day, wait for its end and return it as another worker reads it."""
    documents = RunDocuments(store.project, lambda: store.stores.registry, clock)
    housekeeping = Threads(1, 4)
    runs = Runs(store, documents, housekeeping)
    begun = await runs.start("materialize", str(clock() - timedelta(days=1)), str(clock()), None)
    while (found := await runs.find(begun.id)).state in ("queued", "running"):
        await asyncio.sleep(0)
    await runs.stop(5)
    housekeeping.close()
    return found


def test_a_run_has_the_counts_of_each_view_and_its_warning(repository, instants, caplog):
    columns = {"driver_id": [1, 1, 2], "ts": instants(8, 7, 9), "v": [10, 999, 20]}
    repository.rows("stats.parquet", columns)
    source = FileSource("stats.parquet", timestamp_field="ts")
    store = repository.store()
    store.apply(
        [DRIVER, FeatureView("stats", source=source, entities=[DRIVER], schema=[Field("v", Int64)])]
    )
    first = asyncio.run(finished(store, repository.clock))
    assert first.state == "succeeded", first
    (view,) = first.views
    assert (first.rows, view.read, view.rows, view.warning) == (2, 2, 2, None)
    columns = {"driver_id": [1, 2], "ts": instants(8, 9), "v": [10, 20]}
    repository.rows("stats.parquet", columns)
    with caplog.at_level(logging.WARNING, "provender.server"):
        (view,) = asyncio.run(finished(store, repository.clock)).views
    assert (view.read, view.rows, view.equal, view.kept_back) == (2, 0, 1, 1)
    assert view.warning.got.startswith("driver_id=1: 2026-03-01 05:00:00+00:00 online")
    assert "`provender rebuild stats`" in view.warning.fix
    assert "driver_id=1" in caplog.text
