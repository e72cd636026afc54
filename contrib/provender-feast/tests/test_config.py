"""feature_store.yaml as Feast's users write it, and what Provender makes of it."""

from __future__ import annotations

import pytest
import yaml
from feast import RepoConfig
from feast.infra.offline_stores.dask import DaskOfflineStoreConfig
from feast.repo_config import FeastConfigError, RegistryConfig, load_repo_config

from provender.errors import ConfigError
from provender_feast.translated_config import provender_config


def section(role, **settings):
    found = provender_config(RepoConfig(project="p", **settings)).stores[role]
    return found.type, dict(found.settings)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("sqlite", ("sqlite", {"path": "data/online.db"})),
        ({"path": "x.db"}, ("sqlite", {"path": "x.db"})),
        (
            {"type": "redis", "connection_string": "cache:6380,ssl=true,password=p,db=2"},
            ("redis", {"host": "cache", "port": 6380, "tls": True, "password": "p", "db": 2}),
        ),
        ({"type": "dynamodb", "region": "eu-west-1"}, ("dynamodb", {"region": "eu-west-1"})),
        ({"type": "datastore", "project_id": "g"}, ("firestore", {"project_id": "g"})),
        (
            {"type": "postgres", "host": "db", "db_schema": "feast", "user": "u"},
            ("postgres", {"host": "db", "schema_name": "feast", "user": "u"}),
        ),
    ],
)
def test_online_stores_are_ours(theirs, ours):
    assert section("online", online_store=theirs) == ours


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("file", ("duckdb", {})),
        ({"type": "dask"}, ("duckdb", {})),
        (DaskOfflineStoreConfig(), ("duckdb", {})),
        ({"type": "bigquery", "dataset": "d"}, ("bigquery", {"dataset": "d"})),
        (
            {"type": "redshift", "cluster_id": "c", "user": "u", "database": "d"},
            ("redshift", {"cluster": "c", "db_user": "u", "database": "d"}),
        ),
        ({"type": "postgres", "host": "db"}, ("postgres", {"host": "db"})),
    ],
)
def test_offline_stores_are_ours(theirs, ours):
    assert section("offline", offline_store=theirs) == ours


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("data/registry.db", ("file", {"path": "data/registry.db"})),
        (RegistryConfig(path="gs://b/r"), ("gcs", {"path": "gs://b/r"})),
        ({"registry_type": "sql", "path": "sqlite:///x"}, ("sql", {"url": "sqlite:///x"})),
    ],
)
def test_registries_are_ours(theirs, ours):
    assert section("registry", registry=theirs) == ours


def test_a_cache_for_ever_is_one_for_ever():
    config = RepoConfig(project="p", registry={"path": "r.db", "cache_ttl_seconds": 0})
    assert provender_config(config).cache_ttl_seconds is None


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"auth": {"type": "oidc"}}, "auth: oidc"),
        ({"batch_engine": {"type": "spark.engine"}}, "batch_engine: spark.engine"),
        ({"online_store": {"type": "milvus"}}, "online_store.type: milvus"),
        ({"online_store": {"type": "redis", "key_ttl_seconds": 5}}, "key_ttl_seconds"),
        ({"online_store": {"type": "redis", "redis_type": "redis_cluster"}}, "redis_cluster"),
        ({"offline_store": {"type": "spark"}}, "offline_store.type: spark"),
        ({"registry": {"registry_type": "remote", "path": "x"}}, "registry_type: remote"),
        ({"feature_server": {"feature_logging": {"enabled": True}}}, "feature_logging"),
        ({"openlineage": {"enabled": True}}, "openlineage"),
    ],
)
def test_what_cannot_be_honoured_is_refused_by_name(settings, told):
    with pytest.raises(FeastConfigError, match=told) as caught:
        provender_config(RepoConfig(project="p", **settings))
    assert isinstance(caught.value, ConfigError)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"project": "p", "extra": 1}, "extra\n  Extra inputs are not permitted"),
        ({}, "project\n  Field required"),
        ({"project": "__foo"}, "alphanumerical values, underscores, and hyphens "),
    ],
)
def test_mistakes_are_told_in_feasts_words(settings, told):
    with pytest.raises(FeastConfigError, match=told):
        RepoConfig(**settings)


def test_a_configuration_is_written_and_read_again(tmp_path):
    config = RepoConfig(
        project="p", registry=RegistryConfig(path="r.db"), offline_store=DaskOfflineStoreConfig()
    )
    data = config.model_dump(by_alias=True, exclude={"repo_path"})
    (tmp_path / "feature_store.yaml").write_text(yaml.safe_dump(data))
    again = load_repo_config(tmp_path)
    assert (again.project, again.registry.path, again.repo_path) == ("p", "r.db", tmp_path)


def test_a_registry_of_feast_is_refused_and_stays(tmp_path):
    file = tmp_path / "registry.db"
    file.write_bytes(b"\n\x05drive what Feast wrote")
    config = RepoConfig(project="p", registry="registry.db", repo_path=tmp_path)
    with pytest.raises(FeastConfigError, match="is one that Feast wrote"):
        provender_config(config)
    assert file.read_bytes().endswith(b"wrote")
    file.write_bytes(b"")
    assert provender_config(config).project == "p"


def test_variables_of_the_environment_are_put_in(tmp_path, monkeypatch):
    monkeypatch.setenv("PLACE", "here.db")
    (tmp_path / "feature_store.yaml").write_text("project: p\nregistry: ${PLACE}\n")
    assert load_repo_config(tmp_path).registry.path == "here.db"
