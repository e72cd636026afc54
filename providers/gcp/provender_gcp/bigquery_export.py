"""Results that stay with Google: in a table of BigQuery, or as Parquet in Cloud Storage."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sqlglot import exp

from provender.errors import RequestError, listed
from provender.plugin import Destination
from provender.plugin.sql.located import check_cases
from provender_gcp.bigquery_jobs import Jobs
from provender_gcp.bigquery_source import table_parts

TABLE = "bigquery"
"""The kind of destination that is a table; the other is files in Cloud Storage."""
Query = Callable[[], exp.Select]
"""Returns the query; parts of it may have to run before."""

_COLUMN = re.compile(r"""[^!"$()*,./;?@\[\\\]^`{}~]{1,300}""")
_RESERVED = ("_table_", "_file_", "_partition", "_row_timestamp", "__root__", "_colidentifier")
_BUCKET = re.compile(r"gs://[^/\s*]+(/[^*\s]+)?")


def export(jobs: Jobs, query: Query, names: Sequence[str], destination: Destination) -> None:
    """Let BigQuery put the result of a query where the destination says.

    Raises:
        RequestError: The destination or a column has a name that cannot be, or something is
            there already and is not to be replaced.
        StoreError: The job failed.
    """
    _check_names(names)
    if destination.kind == TABLE:
        _to_table(jobs, query(), destination)
    else:
        jobs.query(_export_data(query(), destination))


def _to_table(jobs: Jobs, query: exp.Select, destination: Destination) -> None:
    text, name = query.sql("bigquery"), table_name(jobs, destination)
    jobs.query(text, destination=name, write="TRUNCATE" if destination.replace else "EMPTY")


def table_name(jobs: Jobs, destination: Destination) -> str:
    """Return the full name of the table that is a destination.

    Raises:
        RequestError: It cannot be the name of a table.
    """
    parts = table_parts(destination.name)
    if parts is None:
        raise RequestError(
            "no BigQuery table has such a name",
            got=repr(destination.name),
            allowed="dataset.table or project.dataset.table",
        )
    project, dataset, table = parts
    return f"{jobs.full_name(f'{project}.{dataset}' if project else dataset)}.{table}"


def _export_data(query: exp.Select, destination: Destination) -> str:
    """Return the statement that writes the result as Parquet below a URL."""
    url = destination.name.rstrip("/")
    if not _BUCKET.fullmatch(url):
        raise RequestError(
            "results cannot be written to this destination",
            got=repr(destination.name),
            allowed="gs://bucket/prefix, below which the files get their names",
        )
    uri = exp.Property(this=exp.var("uri"), value=exp.Literal.string(f"{url}/part-*.parquet"))
    replace = exp.true() if destination.replace else exp.false()
    options = [
        uri,
        exp.FileFormatProperty(this=exp.Literal.string("PARQUET")),
        exp.Property(this=exp.var("overwrite"), value=replace),
    ]
    return exp.Export(this=query, options=exp.Properties(expressions=options)).sql("bigquery")


def _check_names(names: Sequence[str]) -> None:
    """Check that BigQuery can have columns of these names.

    Raises:
        RequestError: With those that it cannot have.
    """
    wrong = [n for n in names if not _COLUMN.fullmatch(n) or n.casefold().startswith(_RESERVED)]
    if wrong:
        raise RequestError(
            "BigQuery has no columns of such names",
            got=listed(map(repr, wrong)),
            fix="rename the columns of the entity rows, or pass full_feature_names=True",
        )
    check_cases(names, "columns of the result", "rename one of them")
