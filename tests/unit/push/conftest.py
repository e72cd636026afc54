"""A push source that two views read, and what its rows and both stores hold."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender import Entity, FeatureView, Field, FileSource, PushSource
from provender.testing.faults.plugin import FaultyStores
from provender.types import Float64, Int64, String

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
BATCH = FileSource(
    "stats",
    name="stats",
    timestamp_field="ts",
    created_timestamp_column="made",
    field_mapping={"id": "driver_id"},
)


class Pushing:
    """A repository with the push source ``events`` and its views ``speeds`` and ``notes``."""

    def __init__(self, repository, *, created=True, online=True):
        self.repository = repository
        self.clock = repository.clock
        self.created = created
        repository.rows("stats/first.parquet", self.table([]))
        batch = BATCH if created else FileSource("stats", name="stats", timestamp_field="ts")
        self.source = PushSource("events", batch)
        self.store = repository.store()
        self.store.apply([DRIVER, *self.views(online)])

    def views(self, online=True):
        shared = {"source": self.source, "entities": [DRIVER]}
        return [
            FeatureView("speeds", schema=[Field("speed", Float64)], online=online, **shared),
            FeatureView("notes", schema=[Field("note", String)], **shared),
        ]

    @property
    def key(self):
        return "id" if self.created else "driver_id"

    def row(self, key, hours, speed, made=None, note="n"):
        """A row of so many hours before noon."""
        row = {self.key: key, "ts": self.ago(hours), "speed": speed, "note": note}
        return row | {"made": self.ago(hours if made is None else made)} if self.created else row

    def ago(self, hours):
        return self.clock() - timedelta(hours=hours)

    def table(self, rows):
        names = [("id" if self.created else "driver_id", pa.int64()), ("speed", pa.float64())]
        stamp = pa.timestamp("us", "UTC")
        stamps = [("ts", stamp), ("made", stamp)] if self.created else [("ts", stamp)]
        schema = pa.schema([*names, ("note", pa.string()), ("other", pa.int32()), *stamps])
        table = pa.Table.from_pylist(rows, schema=schema)
        return dict(zip(table.column_names, table.columns, strict=True))

    def faulty(self, script):
        return FaultyStores(script).around(self.repository.store())

    def online(self, keys=(1, 2, 3, 4, 5)):
        """What is served: the speed and the note of each key that has one."""
        names = ["speeds:speed", "notes:note"]
        found = self.store.get_online_features(names, {"driver_id": list(keys)}).to_dict()
        pairs = zip(keys, found["speed"], found["note"], strict=True)
        return {k: (speed, note) for k, speed, note in pairs if (speed, note) != (None, None)}

    def offline(self):
        """All rows of the batch source."""
        return pq.read_table(self.repository.path / "stats").to_pylist()

    def joined(self, *keys):
        """What a join at noon finds for each key."""
        spine = pa.table({"driver_id": list(keys), "event_timestamp": [self.clock()] * len(keys)})
        job = self.store.get_historical_features(spine, ["speeds:speed"])
        return job.to_arrow().column("speed").to_pylist()


@pytest.fixture
def pushing(repository):
    return Pushing(repository)


@pytest.fixture
def make_pushing(repository):
    return lambda **more: Pushing(repository, **more)
