"""A feature repository over the benchmark's files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from benchmarks.rows import FEATURES
from provender import Entity, FeatureStore, FeatureView, Field, FileSource
from provender.types import Float64

TTL = timedelta(days=7)


def open_store(directory: Path, file: str, created: str | None = None) -> FeatureStore:
    """Return a store with the view ``v`` over one Parquet file."""
    (directory / "feature_store.yaml").write_text(
        "project: bench\nregistry: registry.db\nonline_store: {path: online.db}\n"
    )
    store = FeatureStore(directory)
    driver = Entity(name="driver", join_keys=["driver_id"])
    source = FileSource(file, timestamp_field="ts", created_timestamp_column=created)
    schema = [Field(name, Float64) for name in FEATURES]
    store.apply(
        [driver, FeatureView("v", source=source, entities=[driver], schema=schema, ttl=TTL)]
    )
    return store
