"""A whole feature store: Parquet files offline, Redis online."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from redis_servers import redis_server

from provender import Entity, FeatureStore, FeatureView, Field, FileSource
from provender.config import load_config
from provender.doctor import examine
from provender.errors import ConfigError, MaterializeError
from provender.types import Float64

CONFIG = """
project: {project}
provider: local
registry: registry.db
online_store:
  type: redis
  host: 127.0.0.1
  port: {port}
  password: ${{REDIS_PASSWORD}}
  retries: 0
"""
DRIVER = Entity(name="driver", join_keys=["driver_id"])
RATING = ["driver_stats:rating"]
NOW = datetime.now(UTC).replace(microsecond=0)


def view(ttl=timedelta(days=2)):
    source = FileSource("rows.parquet", timestamp_field="at", created_timestamp_column="created")
    schema = [Field(name="rating", dtype=Float64)]
    return FeatureView(
        name="driver_stats", entities=[DRIVER], schema=schema, source=source, ttl=ttl
    )


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    with redis_server(tmp_path_factory.mktemp("locked"), password="open-sesame") as server:  # noqa: S106
        yield server


@pytest.fixture
def project():
    return f"p{uuid4().hex[:10]}"


@pytest.fixture
def configured(tmp_path, locked, project, monkeypatch):
    monkeypatch.setenv("REDIS_PASSWORD", locked.password)
    config = CONFIG.format(project=project, port=locked.port)
    (tmp_path / "feature_store.yaml").write_text(config)
    return tmp_path


@pytest.fixture
def features(configured):
    with FeatureStore(configured) as store:
        yield store


@pytest.fixture
def rows(configured):
    """Write the source: for each row the driver, the hours of its event ago, and the rating."""

    def write(*found):
        drivers, ago, ratings = zip(*found, strict=True)
        instants = [NOW - timedelta(hours=hours) for hours in ago]
        columns = {"driver_id": drivers, "at": instants, "created": instants, "rating": ratings}
        pq.write_table(pa.table(columns), configured / "rows.parquet")

    return write


def ratings(store, *drivers):
    found = store.get_online_features(RATING, [{"driver_id": driver} for driver in drivers])
    return found.to_dict()["rating"]


def test_rows_are_materialized_and_served(features, rows):
    rows((1, 5, 1.0), (1, 1, 1.5), (2, 30, 2.0), (3, 60, 3.0))
    features.apply([DRIVER, view()])
    features.materialize_incremental(NOW)
    assert ratings(features, 1, 2, 3, 4) == [1.5, 2.0, None, None]
    rows((1, 5, 1.0), (1, 1, 1.5), (1, 0, 9.0))
    features.materialize_incremental(NOW)
    assert ratings(features, 1, 2) == [9.0, 2.0]


def test_a_ttl_that_grows_brings_rows_back(features, rows, locked, project):
    rows((1, 1, 1.0), (2, 24 * 9, 2.0))
    features.apply([DRIVER, view()])
    features.materialize_incremental(NOW)
    assert ratings(features, 1, 2) == [1.0, None]
    features.apply([DRIVER, view(timedelta(days=30))])
    with locked.client() as client:
        (key,) = client.keys(f"provender/{project}/*")
        assert client.ttl(key) > 30 * 86_400
    features.materialize_incremental(NOW)
    assert ratings(features, 1, 2) == [1.0, 2.0]


def test_a_view_that_goes_leaves_nothing_behind(features, rows, locked, project):
    rows((1, 1, 1.0), (2, 2, 2.0))
    features.apply([DRIVER, view()])
    features.materialize_incremental(NOW)
    with locked.client() as client:
        assert len(client.keys(f"provender/{project}/*")) == 2
        features.apply([DRIVER], partial=False, allow_data_loss=True)
        assert client.keys(f"provender/{project}/*") == []


def test_a_wrong_password_is_told_and_shown_to_nobody(configured, rows, monkeypatch):
    rows((1, 1, 1.0))
    with FeatureStore(configured) as store:
        store.apply([DRIVER, view()])
    monkeypatch.setenv("REDIS_PASSWORD", "not-it")
    with FeatureStore(configured) as store:
        with pytest.raises(MaterializeError) as caught:
            store.materialize_incremental(NOW)
        assert "does not accept the username and the password" in str(caught.value)
        assert "not-it" not in str(caught.value)


def test_as_the_provider_it_has_local_stores_beside_it(tmp_path, project, rows, redis_url):
    settings = f"online_store: {{url: '{redis_url}'}}\n"
    (tmp_path / "feature_store.yaml").write_text(f"project: {project}\nprovider: redis\n{settings}")
    rows((1, 5, 1.0), (2, 30, 2.0))
    with FeatureStore(tmp_path) as store:
        store.apply([DRIVER, view()])
        store.materialize_incremental(NOW)
        assert ratings(store, 1, 2, 3) == [1.0, 2.0, None]
        spine = pa.table({"driver_id": [1, 3], "event_timestamp": [NOW, NOW]})
        joined = store.get_historical_features(spine, RATING).to_arrow()
        assert joined["rating"].to_pylist() == [1.0, None]
    assert (tmp_path / "data" / "registry.db").is_file()
    found = {one.subject: one for one in examine(lambda: load_config(tmp_path), lambda _: [])}
    assert "not used here" not in found["plug-in local"].detail
    assert [one for one in found.values() if not one.ok] == []


def test_the_provider_alone_is_a_whole_configuration(tmp_path):
    (tmp_path / "feature_store.yaml").write_text("project: drivers\nprovider: redis\n")
    with FeatureStore(tmp_path) as store:
        assert store.list_feature_views() == []
        assert store.stores.settings("online").host == "localhost"


def test_settings_under_the_name_of_the_provider_are_refused(tmp_path, redis_url):
    (tmp_path / "feature_store.yaml").write_text(
        f"project: drivers\nprovider: redis\nredis: {{url: '{redis_url}'}}\n"
    )
    with FeatureStore(tmp_path) as store, pytest.raises(ConfigError) as caught:
        store.stores.online.read_many([])
    assert "did you mean `online_store.url`?" in str(caught.value)
