"""What ``provender doctor`` looks at in BigQuery: all that the first join needs.

That is the dataset, to run a query, to make a temporary table, and to read a result.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from provender.errors import ProvenderError, StoreError
from provender.plugin import PluginContext
from provender_gcp.bigquery_configuration import BigQueryConfig, Place
from provender_gcp.bigquery_connection import Connection
from provender_gcp.configuration import chosen
from provender_gcp.errors import code, google_errors

if TYPE_CHECKING:
    from google.cloud.bigquery import Client

    from provender_gcp.bigquery_session import BigQuerySession

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


def tables(context: PluginContext) -> str:
    """Make a temporary table in the dataset, and remove it.

    Raises:
        StoreError: The account may not.
    """
    from google.cloud.bigquery import SchemaField

    with _session(context, "roles/bigquery.dataEditor") as session:
        session.temporary([SchemaField("id", "INT64")])
        return "allowed"


def results(context: PluginContext) -> str:
    """Run a query that reads nothing, and read its result as that of a join.

    Raises:
        StoreError: The account may not.
    """
    with _session(context, "roles/bigquery.readSessionUser") as session:
        rows = sum(batch.num_rows for batch in session.run("SELECT 1 AS id"))
    if rows != 1:
        raise StoreError("BigQuery did not return exactly one row", got=f"{rows} rows")
    return "allowed"


@contextmanager
def _session(context: PluginContext, role: str) -> Iterator[BigQuerySession]:
    """Yield a request; a permission that is missing in it becomes an error with the command."""
    from provender_gcp.bigquery_jobs import Jobs
    from provender_gcp.bigquery_session import BigQuerySession

    config = chosen(context, "offline", BigQueryConfig) or BigQueryConfig()
    config = config.model_copy(update={"retry_seconds": _SECONDS, "timeout_seconds": 6 * _SECONDS})
    place = Place(config, context)
    with closing(Connection(config, place)) as connection:
        jobs = Jobs(connection, config, place, context.project)
        try:
            with closing(BigQuerySession(connection, jobs)) as session:
                yield session
        except ProvenderError as error:
            if error.__cause__ is None or code(error.__cause__) != 403:
                raise
            (problem,) = error.problems
            fix = _grant(connection.project, role)
            raise StoreError(problem.fact, got=problem.got, fix=fix) from error


def _grant(project: str, role: str) -> str:
    return f"gcloud projects add-iam-policy-binding {project} --member=user:YOU --role={role}"


@contextmanager
def _client(context: PluginContext, role: str) -> Iterator[tuple[Client, Place]]:
    """Yield a client; what it raises becomes an error with the command that mends it."""
    config = chosen(context, "offline", BigQueryConfig) or BigQueryConfig()
    place = Place(config, context)
    connection = Connection(config, place)
    project, dataset = connection.project, place.dataset
    fixes = {
        403: _grant(project, role),
        404: f"bq --location={place.location or 'EU'} mk --dataset {project}:{dataset}",
    }
    try:
        with google_errors(StoreError, f"BigQuery in project {project!r}", fixes=fixes):
            yield connection.client, place
    finally:
        connection.close()
