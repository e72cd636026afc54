"""What ``provender doctor`` looks at in BigQuery: the dataset, and whether queries may run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from provender.errors import StoreError
from provender.plugin import PluginContext
from provender_gcp.bigquery_configuration import BigQueryConfig, Place
from provender_gcp.bigquery_connection import Connection
from provender_gcp.configuration import chosen
from provender_gcp.errors import google_errors

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

_SECONDS = 10.0


def dataset(context: PluginContext) -> str:
    """Say where the dataset is.

    Raises:
        StoreError: It is not there, or may not be seen.
    """
    with _client(context, "roles/bigquery.dataEditor") as (client, place):
        found = client.get_dataset(place.dataset or "", retry=None, timeout=_SECONDS)
        return f"it is in {found.location}"


def queries(context: PluginContext) -> str:
    """Let BigQuery plan a query that is not run.

    Raises:
        StoreError: The account may run none.
    """
    from google.cloud.bigquery import QueryJobConfig

    with _client(context, "roles/bigquery.jobUser") as (client, _):
        planned = QueryJobConfig(dry_run=True)
        client.query("SELECT 1", planned, retry=None, job_retry=None, timeout=_SECONDS)
        return "allowed"


@contextmanager
def _client(context: PluginContext, role: str) -> Iterator[tuple[Client, Place]]:
    """Yield a client; what it raises becomes an error with the command that mends it."""
    config = chosen(context, "offline", BigQueryConfig) or BigQueryConfig()
    place = Place(config, context)
    connection = Connection(config, place)
    project, dataset = connection.project, place.dataset
    fixes = {
        403: f"gcloud projects add-iam-policy-binding {project} --member=user:YOU --role={role}",
        404: f"bq --location={place.location or 'EU'} mk --dataset {project}:{dataset}",
    }
    try:
        with google_errors(StoreError, f"BigQuery in project {project!r}", fixes=fixes):
            yield connection.client, place
    finally:
        connection.close()
