"""A whole project on BigQuery: applied, materialized, read online and joined."""

from datetime import UTC, date, datetime
from decimal import Decimal as Exact

import pandas as pd
import pyarrow as pa
import pytest

from provender import Entity, FeatureView, Field
from provender.datasets import SavedDatasetTableStorage
from provender.errors import RequestError
from provender.testing.suites.store_opener import StoreOpener
from provender.types import Array, Decimal, Float64, Int64, String
from provender_gcp import BigQuerySource
from servers.bigquery import bigquery_settings
from servers.bigquery_tables import BigQueryHarness


@pytest.fixture
def warehouse(tmp_path):
    with bigquery_settings() as settings:
        harness = BigQueryHarness(StoreOpener("offline", "gcp", None, tmp_path, settings))
        yield settings, harness
        harness.store.close()
        harness.client.close()


def test_a_project_on_bigquery(repository, warehouse):
    settings, harness = warehouse
    repository.configure(
        offline_store={"type": "gcp.bigquery", **settings, "price_per_tib": 5.0},
    )
    noon = pa.array([datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (8, 9, 10)])
    table = pa.table({"driver": [1, 1, 2], "trips": [3, 4, 5], "event": noon})
    name = harness.stored(table)
    source = BigQuerySource(table=name.partition(".")[2], timestamp_field="event")
    assert source.place.startswith(__file__)
    driver = Entity("driver", join_keys=["driver"], value_type=Int64)
    view = FeatureView("stats", entities=[driver], source=source, schema=[Field("trips", Int64)])
    with repository.store() as store:
        store.apply([driver, view])
        store.materialize_incremental(datetime(2026, 3, 1, 12, tzinfo=UTC))
        got = store.get_online_features(["stats:trips"], [{"driver": 1}, {"driver": 2}]).to_dict()
        assert got["trips"] == [4, 5]
        spine = pd.DataFrame(
            {"driver": [2, 1], "event_timestamp": pd.to_datetime(["2026-03-01 11:00"] * 2)}
        )
        job = store.get_historical_features(spine, ["stats:trips"])
        assert job.to_df()["trips"].tolist() == [5, 4]
        assert job.estimate().price is not None
        target = f"{settings['dataset']}.rows_training"
        assert job.to_bigquery(target) == 2
    assert harness.leftovers() == []


def test_a_dataset_is_saved_in_a_table_of_bigquery(repository, warehouse):
    settings, harness = warehouse
    repository.configure(offline_store={"type": "gcp.bigquery", **settings})
    hours = pa.array([datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (8, 9)])
    columns = {
        "driver": pa.array([1, 2]),
        "trips": pa.array([2**53 + 1, None]),
        "rating": pa.array([float("nan"), 0.1]),
        "tags": pa.array([["a", "b"], []]),
        "price": pa.array([Exact("1.5"), None], pa.decimal128(38, 9)),
        "event": hours,
        "written": hours,
    }
    name = harness.stored(pa.table(columns)).partition(".")[2]
    source = BigQuerySource(table=name, timestamp_field="event", created_timestamp_column="written")
    driver = Entity("driver", join_keys=["driver"], value_type=Int64)
    fields = [Field("trips", Int64), Field("rating", Float64), Field("price", Decimal(38, 9))]
    fields.append(Field("tags", Array(String)))
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    spine = pa.table(
        {
            "driver": [2, 1, 1],
            "event_timestamp": pa.array([noon, noon, None], pa.timestamp("us", "UTC")),
            "small": pa.array([1, None, -1], pa.int8()),
            "day": pa.array([date(2026, 1, 1), None, None]),
        }
    )
    place = SavedDatasetTableStorage(f"{settings['dataset']}.rows_saved")
    with repository.store() as store:
        store.apply([driver, FeatureView("stats", entities=[driver], source=source, schema=fields)])
        job = store.get_historical_features(spine, ["stats"])
        made = store.create_saved_dataset(job, "train", place)
        in_file = store.create_saved_dataset(job, "in_file", "train.parquet")
        assert (made.row_count, made.schema) == (3, in_file.schema)
        assert made.digest == in_file.digest
        made.verify()
        assert made.compare().equal
        store.delete_saved_dataset("train")
        with pytest.raises(RequestError, match="allow_overwrite=True"):
            store.create_saved_dataset(job, "train", place)
        store.create_saved_dataset(job, "train", place, allow_overwrite=True).verify()
        store.delete_saved_dataset("train", rows=True)
    assert harness.leftovers() == []
    tables = [one.table_id for one in harness.client.list_tables(settings["dataset"])]
    assert "rows_saved" not in tables
