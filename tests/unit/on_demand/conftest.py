"""A store with two feature views, loaded online, for on-demand feature views over them."""

from __future__ import annotations

import pyarrow as pa
import pytest

from airport_views import AIRPORT, TRAFFIC, WEATHER


@pytest.fixture
def loaded(repository, instants, clock):
    """JFK has all values, LGA nulls, and BOS no row."""
    airports = {"airport": ["JFK", "LGA"], "ts": instants(3, 2)}
    repository.rows(
        "weather.parquet", {**airports, "wind": [1.5, None], "rain": pa.array([1, None])}
    )
    repository.rows(
        "traffic.parquet", {**airports, "flights": [40, 2**53 + 1], "rain": pa.array([7, 8])}
    )
    store = repository.store()
    store.apply([AIRPORT, WEATHER, TRAFFIC])
    store.materialize_incremental(clock())
    return store


@pytest.fixture
def both(loaded, clock):
    """Return what is served for some entity rows and what is joined to them: it is the same."""

    def read(features, rows, **options):
        online = loaded.get_online_features(features, rows, **options)
        count = len(next(iter(rows.values()), []))
        spine = pa.table({**rows, "event_timestamp": [clock()] * count})
        joined = loaded.get_historical_features(spine, features, **options).to_arrow()
        joined = joined.drop_columns(["event_timestamp"])
        assert joined.select(online.to_arrow().column_names).equals(online.to_arrow())
        assert joined.column_names == online.to_arrow().column_names
        return online.to_dict()

    return read
