"""What `provender doctor` is told of BigQuery: what is missing, and what mends it."""

from __future__ import annotations

import pytest

from provender.plugin import PluginContext
from provender.plugin.loader import load_plugins
from servers.bigquery import bigquery_client
from servers.http_faults import http_faults, refuse
from servers.shared import shared

DATASET, QUERIES = "BigQuery dataset features", "running queries in BigQuery"


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
    assert list(found)[-2:] == [DATASET, QUERIES]


def test_a_missing_dataset_is_told_with_the_command_that_makes_it(look, bigquery):
    project, _ = bigquery
    found = look(dataset="no_such_dataset", location="EU")["BigQuery dataset no_such_dataset"]
    assert not found.ok
    assert found.fix == f"bq --location=EU mk --dataset {project}:no_such_dataset"


@pytest.mark.parametrize(
    ("method", "subject", "role"),
    [("GET", DATASET, "roles/bigquery.dataEditor"), ("POST", QUERIES, "roles/bigquery.jobUser")],
)
def test_a_missing_permission_is_told_with_the_command_that_grants_it(
    look, bigquery, method, subject, role
):
    bigquery[1].spoil(method, "", refuse(403, "Access Denied"), times=9)
    wrong = [finding for finding in look().values() if not finding.ok]
    assert [finding.subject for finding in wrong] == [subject]
    assert f"--role={role}" in wrong[0].fix
