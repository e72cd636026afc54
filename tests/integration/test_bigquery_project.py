"""A whole project on BigQuery: applied, materialized, read online and joined."""

from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pytest

from provender import Entity, FeatureView, Field
from provender.testing.suites.store_opener import StoreOpener
from provender.types import Int64
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
