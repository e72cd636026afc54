"""A saved dataset whose rows are in a table of Redshift."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal as Exact

import pyarrow as pa
import pytest

from provender import Entity, FeatureView, Field
from provender.datasets import SavedDatasetTableStorage
from provender.errors import RequestError
from provender.testing.suites.store_opener import StoreOpener
from provender.types import Array, Decimal, Float64, Int64, Json, String

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")

from servers.redshift import redshift_settings
from servers.redshift_tables import SCHEMA, RedshiftHarness, shared_clients

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def warehouse(tmp_path):
    with redshift_settings() as found, shared_clients() as shared:
        settings = {"poll_seconds": 0.005, **found}
        yield (
            settings,
            RedshiftHarness(StoreOpener("offline", "aws", None, tmp_path, settings), shared),
        )


def view_of(harness):
    hours = pa.array([datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (8, 9)])
    columns = {
        "driver": pa.array([1, 2]),
        "trips": pa.array([2**53 + 1, None]),
        "rating": pa.array([float("nan"), 0.1]),
        "tags": pa.array([["a", "b"], []]),
        "more": pa.array(['{"a": 1}', None], pa.json_(pa.string())),
        "price": pa.array([Exact("1.5"), None], pa.decimal128(38, 9)),
        "event": hours,
        "written": hours,
    }
    source = harness.source(
        pa.table(columns), timestamp_field="event", created_timestamp_column="written"
    )
    fields = [Field("trips", Int64), Field("rating", Float64), Field("price", Decimal(38, 9))]
    fields += [Field("tags", Array(String)), Field("more", Json)]
    driver = Entity("driver", join_keys=["driver"], value_type=Int64)
    return driver, FeatureView("stats", entities=[driver], source=source, schema=fields)


def test_a_dataset_is_saved_in_a_table_of_redshift(repository, warehouse):
    settings, harness = warehouse
    repository.configure(offline_store={"type": "aws.redshift", **settings})
    spine = pa.table(
        {
            "driver": [2, 1, 1],
            "event_timestamp": pa.array([NOON, NOON, None], pa.timestamp("us", "UTC")),
            "small": pa.array([1, None, -1], pa.int8()),
            "day": pa.array([date(2026, 1, 1), None, None]),
        }
    )
    place = SavedDatasetTableStorage(f"{SCHEMA}.saved")
    with repository.store() as store:
        store.apply(view_of(harness))
        job = store.get_historical_features(spine, ["stats"])
        made = store.create_saved_dataset(job, "train", place)
        in_file = store.create_saved_dataset(job, "in_file", "train.parquet")
        assert (made.row_count, made.schema) == (3, in_file.schema)
        assert sorted(map(str, made.to_arrow().to_pylist())) == sorted(
            map(str, in_file.to_arrow().to_pylist())
        )
        assert made.digest == in_file.digest
        made.verify()
        assert made.compare().equal
        store.delete_saved_dataset("train")
        with pytest.raises(RequestError, match="allow_overwrite=True"):
            store.create_saved_dataset(job, "train", place)
        store.create_saved_dataset(job, "train", place, allow_overwrite=True).verify()
        store.delete_saved_dataset("train", rows=True)
        with pytest.raises(Exception, match="saved"):
            harness.rows(f"SELECT * FROM {SCHEMA}.saved")
    assert harness.leftovers() == []
