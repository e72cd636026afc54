"""On-demand features where others compute them: in worker processes, and in stores elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
import yaml

from provender import FeatureStore
from provender.client import Client
from servers.feature_server import feature_server, offline_server

FEATURES = """
from provender import Entity, FeatureView, Field, FileSource, RequestSource, on_demand_feature_view
from provender.types import Float64, Int64

driver = Entity("driver", join_keys=["driver_id"], value_type=Int64)
stats = FeatureView(
    "stats",
    source=FileSource("stats.parquet", timestamp_field="event_timestamp"),
    entities=[driver],
    schema=[Field("trips", Int64)],
)
order = RequestSource("order", schema=[Field("kilometres", Float64)])

@on_demand_feature_view(
    sources=[stats], schema=[Field("more", Int64)], mode="python", write_to_online_store=True
)
def stored(inputs):
    return {"more": [None if trips is None else trips + 1 for trips in inputs["trips"]]}

@on_demand_feature_view(sources=[stats, order], schema=[Field("per_km", Float64)])
def computed(inputs):
    return inputs.assign(per_km=inputs["trips"] / inputs["kilometres"].replace(0, None))
"""
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WANTED = ["stats:trips", "stored:more", "computed:per_km"]
ORDERS = {"driver_id": [1, 2, 3], "kilometres": [4.0, 0.0, 1.0]}
EXPECTED = {**ORDERS, "trips": [10, 20, None], "more": [11, 21, None], "per_km": [2.5, None, None]}


def make_repository(path, repository, **config):
    repository.configure(server={"stores": True}, **config)
    (path / "features.py").write_text(FEATURES)
    rows = {"driver_id": [1, 2], "event_timestamp": pa.array([NOON] * 2), "trips": [10, 20]}
    repository.rows("stats.parquet", rows)


@pytest.mark.parametrize("engine", ["serial", "processes"])
def test_every_engine_computes_what_is_stored(repository, provender, engine):
    make_repository(repository.path, repository, engine=engine)
    provender("apply", cwd=repository.path)
    provender("materialize-incremental", "2026-04-01", cwd=repository.path)
    assert repository.store().get_online_features(WANTED, ORDERS).to_dict() == EXPECTED


def test_stores_and_clients_elsewhere_give_the_same(repository, provender, tmp_path_factory):
    make_repository(repository.path, repository)
    provender("apply", cwd=repository.path)
    provender("materialize-incremental", "2026-04-01", cwd=repository.path)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "features.py").write_text(FEATURES)
    spine = pa.table({**ORDERS, "event_timestamp": [NOON] * 3})
    with (
        feature_server(repository.path) as server,
        offline_server(repository.path) as flight,
        Client(server.url) as client,
    ):
        assert client.get_online_features(WANTED, ORDERS).to_dict() == EXPECTED
        table = client.get_online_table(WANTED, pa.table(ORDERS))
        assert table.to_pydict() == EXPECTED
        config = {
            "project": "test",
            "provider": "remote",
            "remote": {"url": server.url, "flight_url": flight},
        }
        (elsewhere / "feature_store.yaml").write_text(yaml.safe_dump(config))
        with FeatureStore(elsewhere) as store:
            assert store.get_online_features(WANTED, ORDERS).to_dict() == EXPECTED
            joined = store.get_historical_features(spine, WANTED).to_arrow()
            assert joined.drop_columns(["event_timestamp"]).to_pydict() == EXPECTED
