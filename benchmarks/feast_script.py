"""Runs under Feast's own Python: does what it is asked, a line of JSON each way."""

from __future__ import annotations

import json
import sys
import traceback
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource
from feast.types import Float64
from feast.value_type import ValueType

FEATURES = [f"f{i}" for i in range(10)]
REFERENCES = [f"v:{name}" for name in FEATURES]
YAML = """
project: bench
provider: local
registry: {home}/registry.db
offline_store: {{type: duckdb}}
online_store: {{type: sqlite, path: {home}/online.db}}
entity_key_serialization_version: 3
"""


class Feast:
    """A Feast repository over one of the benchmark's files, and the works that are measured."""

    store: FeatureStore
    spine: pd.DataFrame
    reads: list[list[dict[str, int]]]

    def open(self, directory: str, file: str, created: str, features: int = 10) -> None:
        """Make the repository with one view."""
        home = Path(directory) / "feast"
        home.mkdir()
        (home / "feature_store.yaml").write_text(YAML.format(home=home))
        self.store = FeatureStore(str(home))
        driver = Entity(name="driver_id", join_keys=["driver_id"], value_type=ValueType.INT64)
        source = FileSource(
            name="source",
            path=str(Path(directory) / file),
            timestamp_field="ts",
            created_timestamp_column=created,
        )
        view = FeatureView(
            name="v",
            entities=[driver],
            ttl=timedelta(days=7),
            schema=[Field(name=f"f{i}", dtype=Float64) for i in range(features)],
            source=source,
        )
        self.store.apply([driver, view])

    def keep_spine(self, file: str) -> None:
        """Read the entity rows that `join` joins."""
        self.spine = pd.read_parquet(file)

    def join(self) -> int:
        """Join the spine and return the number of rows."""
        return len(self.store.get_historical_features(self.spine, REFERENCES).to_arrow())

    def materialize(self) -> None:
        """Move the rows of the last thirty days online."""
        now = datetime.now(timezone.utc)  # noqa: UP017 - Feast's Python may be an older one
        self.store.materialize(now - timedelta(days=30), now)

    def keep_reads(self, reads: list[list[dict[str, int]]]) -> None:
        """Take over the entity rows that `read` asks for."""
        self.reads = reads

    def read(self) -> None:
        """Read the features of some entities, again and again."""
        for rows in self.reads:
            self.store.get_online_features(REFERENCES, rows).to_dict()


def main() -> None:
    """Answer until the other side has no more questions."""
    answers, sys.stdout = sys.stdout, sys.stderr  # Feast prints progress
    feast = Feast()
    for line in sys.stdin:
        work, options = json.loads(line)
        try:
            found = {"answer": getattr(feast, work)(**options)}
        except Exception:  # noqa: BLE001 - told to the other side
            found = {"error": traceback.format_exc()}
        print(json.dumps(found), file=answers, flush=True)


if __name__ == "__main__":
    main()
