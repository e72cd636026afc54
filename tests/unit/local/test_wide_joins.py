"""A join of many features is cut into queries that run at once; its rows stay together."""

from __future__ import annotations

import pyarrow as pa
import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import StoreError
from provender.plugin.sql.results import beside
from provender.types import Int64
from provender_local.duckdb_store import DuckDBStore

DRIVER = Entity("driver", join_keys=["driver_id"], value_type=Int64)
ROWS = 300


@pytest.fixture
def joined(repository, instants, monkeypatch):
    """Join four views to many rows, in batches of a few."""
    monkeypatch.setattr("provender_local.duckdb_session.BATCH_ROWS", 64)
    views = []
    for number, features in enumerate([2, 3, 1, 2]):
        columns = {"driver_id": range(ROWS), "ts": instants(*[3] * ROWS)}
        names = [f"v{number}_{feature}" for feature in range(features)]
        for place, name in enumerate(names):
            columns[name] = [driver * 10 + place for driver in range(ROWS)]
        path = repository.rows(f"v{number}.parquet", columns)
        source = FileSource(path, timestamp_field="ts", name=f"s{number}")
        schema = [Field(name, Int64) for name in names]
        views.append(FeatureView(f"v{number}", source=source, entities=[DRIVER], schema=schema))
    store = repository.store()
    store.apply([DRIVER, *views])
    asked = [f"{view.name}:{field.name}" for view in views for field in view.schema]
    rows = pa.table(
        {
            "driver_id": pa.array([n * 7 % (ROWS + 20) for n in range(2 * ROWS)]),
            "event_timestamp": pa.array(instants(*[1] * (2 * ROWS))),
        }
    )
    return lambda: store.get_historical_features(rows, asked).to_arrow()


@pytest.mark.parametrize("most", [1, 3, 5, 8])
def test_a_join_in_parts_is_the_join(joined, monkeypatch, most):
    monkeypatch.setattr(DuckDBStore, "features_per_query", None)
    whole = joined()
    assert whole["v2_0"].null_count == 2 * ROWS - sum(whole["driver_id"].to_numpy() < ROWS)
    monkeypatch.setattr(DuckDBStore, "features_per_query", most)
    assert joined().equals(whole)


def test_few_features_are_one_query_and_many_are_several(joined, monkeypatch):
    opened = []
    session = DuckDBStore.session
    monkeypatch.setattr(DuckDBStore, "session", lambda s: opened.append(s) or session(s))
    joined()
    few = len(opened)
    monkeypatch.setattr(DuckDBStore, "features_per_query", 3)
    opened.clear()
    joined()
    assert len(opened) - few == 2  # 2, 3 + 1 and 2 features after those of the planning


@pytest.mark.parametrize("rows", [2, 4])
def test_parts_that_do_not_fit_are_an_error_and_no_lost_row(rows):
    part = pa.table({"x": range(rows)}).to_reader(max_chunksize=1)
    with pytest.raises(StoreError, match="one row for each entity row"):
        beside(pa.table({"id": [1, 2, 3]}), [part]).read_all()


def test_no_rows_of_a_type_that_arrow_makes_no_empty_columns_of():
    kind = pa.list_(pa.uuid())
    part = pa.Table.from_batches([], pa.schema([("x", kind)])).to_reader()
    got = beside(pa.table({"id": pa.array([], pa.int64())}), [part]).read_all()
    assert got.schema.field("x").type == kind
    assert got.num_rows == 0
