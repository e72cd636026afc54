"""However often views are materialized and rows are pushed, the registry does not grow."""

from __future__ import annotations

from datetime import timedelta

from provender import Entity, FeatureView, Field, FileSource, PushSource
from provender.server.runs.documents import RunDocuments
from provender.types import Float64, Int64
from provender.wire.answers import Run

DRIVER = Entity("driver", join_keys=["driver_id"], value_type=Int64)


def test_only_the_catalog_keeps_its_history(repository, instants):
    columns = {"driver_id": [1, 2], "ts": instants(3, 2), "rating": [0.5, 0.7]}
    repository.rows("stats/1.parquet", columns)
    batch = FileSource("stats", timestamp_field="ts", name="stats")
    store = repository.store()
    source = PushSource("events", batch_source=batch)
    schema = [Field("rating", Float64)]
    for days in (1, 2):
        ttl = timedelta(days=days)
        view = FeatureView("stats", source=source, entities=[DRIVER], schema=schema, ttl=ttl)
        store.apply([DRIVER, view])
    for number in range(2):
        repository.clock.advance(minutes=1)
        row = {"driver_id": number, "ts": repository.clock(), "rating": 0.1}
        store.push("events", [row], to="both")
        store.materialize_incremental(repository.clock())
    registry = store.stores.registry
    runs = RunDocuments(store.project, lambda: registry, repository.clock)
    made = runs.present()
    run = Run(runs.new_id(), "running", "materialize", made, made)
    for run.rows in range(3):
        runs.save(run)
    assert runs.load(run.id).rows == 2
    versions = {name: len(registry.history(name)) for name in registry.names()}
    assert versions.pop(f"{store.project}/catalog") == 2
    assert set(versions.values()) == {1}, versions
    assert f"{store.project}/ledger/stats" in versions
