"""`provender init --template gcp`: what it makes works with nothing but `provider: gcp`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import yaml

from provender.testing.processes import run
from servers.bigquery import bigquery_client, bigquery_server
from servers.gcs import gcs_server
from servers.google_cloud import bucket_client
from servers.shared import shared

NOWHERE = "http://127.0.0.1:9"  # an emulator's address: no accounts are asked for
COMMAND = Path(sys.executable).with_name("provender")


@pytest.fixture
def provender(tmp_path):
    return lambda *arguments, cwd=tmp_path: run([COMMAND, *arguments], cwd=cwd).stdout


@pytest.fixture
def gcs(tmp_path_factory):
    with gcs_server(tmp_path_factory.mktemp("gcs")) as endpoint:
        with bucket_client(endpoint) as client:
            client.create_bucket("my-bucket")
        yield endpoint


def fill_in(repository, **keys):
    """Lead the project to the servers of the test; nothing else of it is changed."""
    file = repository / "feature_store.yaml"
    config = yaml.safe_load(file.read_text())
    assert set(config) == {"project", "provider", "gcp"}
    config["gcp"] |= keys
    file.write_text(yaml.safe_dump(config))


def test_the_minimal_project_can_be_applied_as_it_is(provender, tmp_path, gcs):
    made = json.loads(
        provender("init", "--minimal", "--template", "gcp", "fraud", "--output", "json")
    )
    names = {Path(file).name for file in made["files"]}
    assert names == {"feature_store.yaml", "features.py"}
    repository = tmp_path / "fraud" / "feature_repo"
    fill_in(repository, storage_endpoint=gcs, firestore_endpoint=NOWHERE, bigquery_endpoint=NOWHERE)
    assert "Registered entity customer" in provender("apply", cwd=repository)
    with bucket_client(gcs) as client:
        names = [blob.name for blob in client.list_blobs("my-bucket")]
    assert names
    assert all(name.startswith("provender/registry/") for name in names)


def test_the_example_is_loaded_applied_materialized_and_served(
    provender, tmp_path, tmp_path_factory, gcs
):
    provender("init", "--template", "gcp", "fraud")
    repository = tmp_path / "fraud" / "feature_repo"
    with bigquery_server(tmp_path_factory.mktemp("bigquery") / "data") as bigquery:
        _load(bigquery.settings(), tmp_path / "fraud" / "data" / "driver_hours.parquet")
        fill_in(
            repository,
            project_id=bigquery.project,
            location=None,
            bigquery_endpoint=bigquery.endpoint,
            bigquery_storage_endpoint=bigquery.storage_endpoint,
            firestore_endpoint=shared("firestore"),
            storage_endpoint=gcs,
        )
        readme = (tmp_path / "fraud" / "README.md").read_text()
        commands = readme.split("```")[3].strip().splitlines()
        assert commands[0] == "cd feature_repo"
        printed = []
        for line in (*commands[1:], "provender doctor --output json"):
            words = line.replace("$(date -u +%Y-%m-%dT%H:%M:%S)", "2026-05-01").split()
            printed.append(provender(*words[1:], cwd=repository))
    applied, joined, moved, row, examined = printed
    assert "Registered feature view driver_stats" in applied
    assert "the first 20 rows" in joined
    assert "5 rows" in moved
    assert "1001" in row
    assert "3.4" in row
    findings = {one["subject"]: one["detail"] for one in json.loads(examined)["findings"]}
    assert findings["BigQuery dataset features"].startswith("it is in")
    assert findings["running queries in BigQuery"] == "allowed"
    assert findings["writing to Firestore database (default)"] == "allowed"
    assert findings["writing to bucket gs://my-bucket"] == "allowed"
    assert findings["data source features.driver_hours"].endswith("columns")


def _load(settings, file):
    """Do what `bq mk` and `bq load` of the project's README do."""
    from google.cloud import bigquery

    client = bigquery_client(settings)
    client.create_dataset("features")
    how = bigquery.LoadJobConfig(source_format="PARQUET")
    with file.open("rb") as rows:
        client.load_table_from_file(rows, "features.driver_hours", job_config=how).result()
    client.close()
