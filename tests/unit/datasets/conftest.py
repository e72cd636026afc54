"""A repository with a view whose rows have a created timestamp, and one whose have none."""

from __future__ import annotations

import pyarrow as pa
import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.types import Float64, Int64

DRIVER = Entity(name="driver", join_keys=["driver_id"])


@pytest.fixture
def stats(repository, instants):
    """Write the rows of the view ``stats``; more rows may be added, others replaced."""

    def write(more=(), rating=0.7):
        rows = [(1, 30, 29, 0.1, 2**53 + 1), (1, 3, 2, 0.5, None), (2, 2, 1, rating, 7), *more]
        drivers, events, created, ratings, trips = zip(*rows, strict=True)
        columns = {"driver_id": drivers, "ts": instants(*events), "written": instants(*created)}
        repository.rows("stats.parquet", columns | {"rating": ratings, "trips": trips})

    return write


@pytest.fixture
def store(repository, stats, instants):
    stats()
    repository.rows("plain.parquet", {"driver_id": [1], "ts": instants(5), "level": [3]})
    stamped = FileSource("stats.parquet", timestamp_field="ts", created_timestamp_column="written")
    plain = FileSource("plain.parquet", timestamp_field="ts")
    fields = [Field("rating", Float64), Field("trips", Int64)]
    found = repository.store()
    found.apply(
        [
            DRIVER,
            FeatureView("stats", source=stamped, entities=[DRIVER], schema=fields),
            FeatureView("plain", source=plain, entities=[DRIVER], schema=[Field("level", Int64)]),
        ]
    )
    return found


@pytest.fixture
def spine(instants):
    return pa.table(
        {"event_timestamp": instants(0, 2.5, 0), "driver_id": [2, 1, 9], "label": [1, 0, 1]}
    )


@pytest.fixture
def job(store, spine):
    return store.get_historical_features(spine, ["stats:rating", "stats:trips"])
