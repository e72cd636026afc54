"""A feature repository over one of the benchmark's files."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from benchmarks.rows import FEATURES, feature_names
from provender import Entity, FeatureStore, FeatureView, Field, FileSource
from provender.types import Float64

TTL = timedelta(days=7)
REFERENCES = [f"v:{name}" for name in FEATURES]


def open_store(
    home: Path,
    file: Path,
    created: str | None = None,
    features: int = len(FEATURES),
    online: str = "{path: online.db}",
    registry: str = "registry.db",
) -> FeatureStore:
    """Return a store in `home` with the view ``v`` over a Parquet file; two sections are YAML."""
    home.mkdir(exist_ok=True)
    (home / "feature_store.yaml").write_text(
        f"project: bench\nregistry: {registry}\nonline_store: {online}\n"
    )
    store = FeatureStore(home)
    driver = Entity(name="driver", join_keys=["driver_id"])
    source = FileSource(str(file), timestamp_field="ts", created_timestamp_column=created)
    schema = [Field(name, Float64) for name in feature_names(features)]
    view = FeatureView("v", source=source, entities=[driver], schema=schema, ttl=TTL)
    store.apply([driver, view])
    return store
