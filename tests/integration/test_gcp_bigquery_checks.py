"""What `provender doctor` is told of BigQuery: what is missing, and what mends it."""

from __future__ import annotations

import pytest

from provender.plugin import PluginContext
from provender.plugin.loading.loader import load_plugins
from servers.bigquery import bigquery_client
from servers.http_faults import http_faults, refuse
from servers.shared import shared

DATASET, QUERIES = "BigQuery dataset features", "running queries in BigQuery"
TABLES, RESULTS = f"temporary tables in {DATASET}", "reading results of BigQuery"


@pytest.fixture(scope="module")
def bigquery():
    server = shared("bigquery")
    with http_faults(server.endpoint) as faults:
        client = bigquery_client(server.settings())
        client.create_dataset("features")
        yield server.project, faults
        client.delete_dataset("features")
        client.close()


@pytest.fixture
def look(bigquery, tmp_path):
    project, faults = bigquery
    faults.reset()

    def look(**settings):
        given = {"project_id": project, "bigquery_endpoint": faults.endpoint, "dataset": "features"}
        hook = load_plugins("gcp", {}).hook
        context = PluginContext("shop", tmp_path, provider={**given, **settings})
        (found,) = hook.provender_check(context=context)
        return {finding.subject: finding for finding in found}

    return look


def test_all_is_well(look):
    found = look()
    assert [finding for finding in found.values() if not finding.ok] == []
    assert list(found)[-4:] == [DATASET, QUERIES, TABLES, RESULTS]


def test_nothing_is_left_in_the_dataset(look, bigquery):
    look()
    client = bigquery_client(shared("bigquery").settings())
    assert list(client.list_tables("features")) == []
    client.close()


def test_a_table_that_may_not_be_made_is_told_with_the_command_that_grants_it(look, bigquery):
    project, faults = bigquery
    faults.spoil("POST", "/datasets/features/tables", refuse(403, "Access Denied"), times=9)
    (wrong,) = [finding for finding in look().values() if not finding.ok]
    assert wrong.subject == TABLES
    assert wrong.fix == (
        f"gcloud projects add-iam-policy-binding {project} --member=user:YOU "
        "--role=roles/bigquery.dataEditor"
    )


def test_a_result_that_may_not_be_read_is_told_with_the_command_that_grants_it(look, bigquery):
    bigquery[1].spoil("GET", "/queries/", refuse(403, "Access Denied"), times=9)
    (wrong,) = [finding for finding in look().values() if not finding.ok]
    assert wrong.subject == RESULTS
    assert wrong.fix.endswith("--role=roles/bigquery.readSessionUser")


def test_a_missing_dataset_is_told_with_the_command_that_makes_it(look, bigquery):
    project, _ = bigquery
    found = look(dataset="no_such_dataset", location="EU")["BigQuery dataset no_such_dataset"]
    assert not found.ok
    assert found.fix == f"bq --location=EU mk --dataset {project}:no_such_dataset"


@pytest.mark.parametrize(
    ("method", "part", "subject", "role"),
    [
        ("GET", "/datasets/features", DATASET, "roles/bigquery.dataEditor"),
        ("POST", "/jobs", QUERIES, "roles/bigquery.jobUser"),
    ],
)
def test_a_missing_permission_is_told_with_the_command_that_grants_it(
    look, bigquery, method, part, subject, role
):
    bigquery[1].spoil(method, part, refuse(403, "Access Denied"), times=9)
    wrong = [finding for finding in look().values() if not finding.ok]
    assert [finding.subject for finding in wrong] == [subject]
    assert f"--role={role}" in wrong[0].fix
