"""The settings of the Google Cloud provider: what holds for whom, and what is refused."""

import json
import re
from pathlib import Path

import pytest

from no_credentials import without_google
from provender.config import load_config
from provender.errors import ConfigError
from provender.plugin import PluginContext
from provender_gcp.configuration import (
    FirestoreConfig,
    GcpConfig,
    GcsRegistryConfig,
    cloud,
    is_emulator,
    provider_settings,
)
from provender_gcp.credentials import credentials, required_project
from provender_gcp.gcs_registry import address


def context(path=Path("/repo"), **keys):
    return PluginContext("shop", path, provider=keys)


def test_a_store_takes_what_it_leaves_out_from_the_provider():
    given = context(project_id="shared", credentials_file="keys/all.json")
    found = cloud(FirestoreConfig(), given)
    assert (found.project_id, found.credentials_file) == ("shared", Path("/repo/keys/all.json"))
    own = cloud(FirestoreConfig(project_id="own", credentials_file="/keys/own.json"), given)
    assert (own.project_id, own.credentials_file) == ("own", Path("/keys/own.json"))
    assert cloud(FirestoreConfig(), context()).credentials_file is None


def test_everything_that_is_wrong_under_gcp_is_told_at_once():
    wrong = context(project_id=3, projct_id="x", firestore_endpoint="secret-of-the-environment")
    with pytest.raises(ConfigError) as raised:
        provider_settings(wrong)
    text = str(raised.value)
    assert len(raised.value.problems) == 3
    assert "gcp.project_id is not valid" in text
    assert "gcp.projct_id is not a setting" in text
    assert "did you mean 'project_id'?" in text
    assert "secret" not in text
    assert "gcp.firestore_endpoint is not valid" in text
    assert "feature_store.yaml" in text


@pytest.mark.parametrize(
    ("path", "bucket", "prefix"),
    [
        ("gs://bucket", "bucket", ""),
        ("gs://bucket/", "bucket", ""),
        ("gs://bucket/registry", "bucket", "registry"),
        ("gs://bucket/a/b/", "bucket", "a/b"),
    ],
)
def test_a_registry_is_a_bucket_and_a_prefix(path, bucket, prefix):
    assert address(GcsRegistryConfig(path=path), context()) == (bucket, prefix)


def test_without_a_path_the_registry_is_in_the_providers_bucket():
    found = address(GcsRegistryConfig(), context(bucket="features"))
    assert found == ("features", "provender/registry")


def test_without_any_bucket_the_way_out_is_told():
    with pytest.raises(ConfigError, match="no bucket is named") as raised:
        address(GcsRegistryConfig(), context())
    assert "registry: gs://bucket/prefix" in str(raised.value)


@pytest.mark.parametrize("path", ["s3://bucket/x", "gs://", "bucket/x", "gs:///x"])
def test_other_addresses_are_refused(path):
    with pytest.raises(ValueError, match="path"):
        GcsRegistryConfig(path=path)


def test_only_an_address_without_encryption_is_an_emulators():
    assert is_emulator("http://127.0.0.1:8080")
    assert not is_emulator("https://firestore.europe-west3.rep.googleapis.com")
    assert not is_emulator(None)


def test_missing_credentials_are_told_with_the_command_that_makes_them(tmp_path, monkeypatch):
    without_google(monkeypatch, tmp_path)
    with pytest.raises(ConfigError, match="no credentials for Google Cloud") as raised:
        credentials(cloud(FirestoreConfig(), context()), emulator=False)
    assert "gcloud auth application-default login" in str(raised.value)


@pytest.mark.parametrize("content", [None, "{", '{"type": "unknown"}', "[]"])
def test_a_file_without_credentials_is_told(tmp_path, content):
    file = tmp_path / "key.json"
    if content is not None:
        file.write_text(content)
    settings = cloud(FirestoreConfig(credentials_file="key.json"), context(tmp_path))
    with pytest.raises(ConfigError, match=r"(?s)no credentials.*key\.json"):
        credentials(settings, emulator=False)


def test_a_file_with_credentials_is_read_and_tells_the_project(tmp_path):
    key = {
        "type": "authorized_user",
        "client_id": "id",
        "client_secret": "secret",
        "refresh_token": "token",
    }
    (tmp_path / "key.json").write_text(json.dumps(key))
    settings = cloud(FirestoreConfig(credentials_file="key.json"), context(tmp_path))
    found, project = credentials(settings, emulator=False)
    assert found.client_id == "id"
    with pytest.raises(ConfigError, match="no Google Cloud project is named"):
        required_project(project)


def test_an_emulator_needs_no_credentials():
    found, project = credentials(cloud(FirestoreConfig(), context()), emulator=True)
    assert (found.token, project) == (None, None)


PAGE = Path(__file__).parents[3] / "docs" / "providers" / "gcp.md"


@pytest.mark.parametrize("model", [GcpConfig, FirestoreConfig, GcsRegistryConfig])
def test_every_setting_is_documented(model):
    code = {word for text in re.findall(r"`([^`\n]+)`", PAGE.read_text()) for word in text.split()}
    assert sorted(set(model.model_fields) - code) == []


def test_the_configuration_of_the_page_is_valid(tmp_path):
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    file = tmp_path / "feature_store.yaml"
    file.write_text(text)
    config = load_config(file)
    given = PluginContext("fraud", tmp_path, provider=config.provider_settings)
    found = provider_settings(given)
    assert (found.project_id, found.dataset) == ("my-project", "features")
    assert (found.database, found.location) == ("(default)", "EU")
    assert address(GcsRegistryConfig(), given) == ("my-bucket", "provender/registry")
