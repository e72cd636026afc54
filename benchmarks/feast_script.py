"""Runs under Feast's own Python: joins and reads the benchmark's files, prints seconds as JSON."""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource
from feast.types import Float64
from feast.value_type import ValueType

FEATURES = [f"f{i}" for i in range(10)]
YAML = """
project: bench
provider: local
registry: {home}/registry.db
offline_store: {{type: duckdb}}
online_store: {{type: sqlite, path: {home}/online.db}}
entity_key_serialization_version: 3
"""


def open_store(home: Path, file: Path, created: str | None) -> FeatureStore:
    """Make a store with one view over a Parquet file."""
    home.mkdir(exist_ok=True)
    (home / "feature_store.yaml").write_text(YAML.format(home=home))
    store = FeatureStore(str(home))
    driver = Entity(name="driver_id", join_keys=["driver_id"], value_type=ValueType.INT64)
    source = FileSource(
        name="source", path=str(file), timestamp_field="ts", created_timestamp_column=created or ""
    )
    view = FeatureView(
        name="v",
        entities=[driver],
        ttl=timedelta(days=7),
        schema=[Field(name=name, dtype=Float64) for name in FEATURES],
        source=source,
    )
    store.apply([driver, view])
    return store


def join(directory: Path) -> dict[str, float]:
    """Join the spine once."""
    store = open_store(directory / "feast", directory / "features.parquet", "created")
    spine = pd.read_parquet(directory / "spine.parquet")
    references = [f"v:{name}" for name in FEATURES]
    start = time.perf_counter()
    rows = len(store.get_historical_features(spine, references).to_df())
    return {"seconds": time.perf_counter() - start, "rows": rows}


def online(directory: Path, entities: int, reads: int) -> dict[str, float]:
    """Materialize, then read one entity and a hundred at a time."""
    store = open_store(directory / "feast", directory / "entities.parquet", None)
    now = datetime.now(timezone.utc)  # noqa: UP017 - runs under Python 3.10 too
    store.materialize(now - timedelta(days=30), now)
    references = [f"v:{name}" for name in FEATURES]
    found = {}
    for batch in (1, 100):
        rows = [{"driver_id": random.randrange(entities)} for _ in range(batch)]
        store.get_online_features(references, rows).to_dict()
        start = time.perf_counter()
        for _ in range(reads):
            store.get_online_features(references, rows).to_dict()
        found[str(batch)] = (time.perf_counter() - start) / reads / batch
    return found


if __name__ == "__main__":
    work, directory, options = sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3])
    print(json.dumps({"join": join, "online": online}[work](directory, **options)))
