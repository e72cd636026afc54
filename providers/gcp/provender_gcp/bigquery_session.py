"""A request to BigQuery: its statements, and the temporary tables that vanish with it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING

from provender.definitions import DataSource
from provender.errors import ProvenderError, RequestError, SourceError
from provender.plugin import ParquetSpine, Spine, SqlSpine, parquet_rows
from provender.plugin.sql import SqlSession
from provender.plugin.sql.user_text import parsed_query
from provender_gcp.bigquery_connection import Connection
from provender_gcp.bigquery_jobs import Jobs
from provender_gcp.bigquery_reading import batches
from provender_gcp.bigquery_source import BigQuerySource, table_parts
from provender_gcp.bigquery_staging import loaded
from provender_gcp.bigquery_types import arrow_schema, table_field
from provender_gcp.bigquery_values import wrapped_table

if TYPE_CHECKING:
    import pyarrow as pa
    from google.cloud.bigquery import QueryJob, SchemaField, Table
    from sqlglot import exp

_log = logging.getLogger("provender")
PARTITION = b"bigquery.partition"
"""Metadata of a schema: the column by which the table is partitioned."""
FILTERED = b"bigquery.filtered"
"""Metadata of a schema: the table refuses queries without a filter by its partitions."""
REPEATED = b"bigquery.repeated"
"""Metadata of a column that is a plain ``ARRAY``."""


class BigQuerySession(SqlSession):
    """Statements of one request.

    Args:
        connection: The clients.
        jobs: What runs the statements.
        dry: Whether nothing may be run or written: entity rows are then only their columns.
    """

    def __init__(self, connection: Connection, jobs: Jobs, *, dry: bool = False) -> None:
        self._connection = connection
        self._jobs = jobs
        self.dry = dry
        self._schemas: dict[str, pa.Schema] = {}
        self._temporary: list[str] = []

    def relation(self, source: DataSource) -> exp.Expr:
        """Return the table of a source, or its query in brackets."""
        if not isinstance(source, BigQuerySource):
            raise SourceError(
                f"the bigquery store cannot read source {source.name!r}",
                got=f"a source of kind {source.kind!r}",
                allowed="BigQuerySource",
            )
        if source.query is not None:
            what = f"the query of source {source.name!r}"
            return self._query(source.query, "source_rows", what, SourceError)
        name = self.table_name(str(source.table))
        found = self._jobs.table(name)
        relation = table_expression(name)
        self._remember(relation, found.schema, _partitioning(found))
        return relation

    def table_name(self, table: str) -> str:
        """Return ``project.dataset.table`` for a table that may leave its project out."""
        parts = table_parts(table)
        project, dataset, name = parts or (None, "", table)
        return f"{project or self._connection.project}.{dataset}.{name}"

    def stage(self, spine: Spine) -> exp.Expr:
        """Return entity rows: a temporary table, or a query in brackets."""
        if isinstance(spine, SqlSpine):
            what = "the SQL of the entity rows"
            return self._query(spine.text, "entity_rows", what, RequestError)
        rows = parquet_rows(spine) if isinstance(spine, ParquetSpine) else spine.table
        fields = [table_field(field.name, field.type) for field in rows.schema]
        if self.dry:
            relation = _no_rows(fields)
        else:
            name = self.temporary(fields)
            loaded(self._jobs, wrapped_table(rows), name, fields)
            relation = table_expression(name)
        self._remember(relation, fields)
        return relation

    def temporary(self, fields: list[SchemaField]) -> str:
        """Create a table that vanishes with the session, or by itself, and return its name."""
        name = self._jobs.temporary_name()
        self._temporary.append(name)
        self._jobs.create(name, fields, expires=True)
        return name

    def keep(self, query: exp.Query) -> exp.Expr:
        """Return a temporary table with the result of a query."""
        statement = query.sql("bigquery")
        fields = list(self._jobs.dry_run(statement).schema)
        name = self.temporary(fields)
        self._jobs.query(statement, destination=name)
        relation = table_expression(name)
        self._remember(relation, fields)
        return relation

    def _query(self, text: str, alias: str, what: str, kind: type[ProvenderError]) -> exp.Expr:
        relation = parsed_query(text, "bigquery", what, kind).subquery(alias)
        statement = relation.this.sql("bigquery")
        self._remember(relation, self._jobs.dry_run(statement, kind).schema)
        return relation

    def _remember(
        self,
        relation: exp.Expr,
        fields: list[SchemaField],
        partitioning: dict[bytes, bytes] | None = None,
    ) -> None:
        schema = arrow_schema(fields)
        for number, field in enumerate(fields):
            if field.mode == "REPEATED":
                schema = schema.set(number, schema.field(number).with_metadata({REPEATED: b"1"}))
        if partitioning:
            schema = schema.with_metadata(partitioning)
        self._schemas[relation.sql("bigquery")] = schema

    def schema(self, relation: exp.Expr) -> pa.Schema:
        """Return the columns of what `relation`, `stage` or `keep` gave."""
        return self._schemas[relation.sql("bigquery")]

    def run(self, statement: str) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows as they come."""
        return batches(self._connection, self.job(statement), self._jobs.retry())

    def job(self, statement: str) -> QueryJob:
        """Run a query and return the finished job."""
        return self._jobs.query(statement)

    def close(self) -> None:
        """Remove the temporary tables; one that cannot be removed expires by itself."""
        while self._temporary:
            name = self._temporary.pop()
            try:
                self._jobs.drop(name)
            except ProvenderError as error:
                _log.warning("temporary table %s is left until it expires: %s", name, error)


def table_expression(name: str) -> exp.Table:
    """Return ``project.dataset.table`` as the relation after FROM."""
    from sqlglot import exp

    catalog, db, own = (exp.to_identifier(part, quoted=True) for part in _three(name))
    return exp.Table(this=own, db=db, catalog=catalog)


def _partitioning(found: Table) -> dict[bytes, bytes]:
    """Return what is known of a table's partitions by a column, as metadata of its schema."""
    by = found.time_partitioning.field if found.time_partitioning else None
    if by is None:
        return {}
    filtered = {FILTERED: b"1"} if found.require_partition_filter else {}
    return {PARTITION: by.encode(), **filtered}


def _three(name: str) -> tuple[str, str, str]:
    rest, _, table = name.rpartition(".")
    project, _, dataset = rest.rpartition(".")
    return project, dataset, table


def _no_rows(fields: list[SchemaField]) -> exp.Expr:
    """Return a query of no rows with the columns of a table that is not to be loaded."""
    from sqlglot import exp

    nulls = [
        exp.alias_(exp.cast(exp.null(), _sql_type(field)), field.name, quoted=True)
        for field in fields
    ]
    return exp.select(*nulls).limit(0).subquery("entity_rows")


def _sql_type(field: SchemaField) -> exp.DataType:
    from sqlglot import exp

    return exp.DataType.build(_type_text(field), dialect="bigquery")


def _type_text(field: SchemaField) -> str:
    standard = {"INTEGER": "INT64", "FLOAT": "FLOAT64", "BOOLEAN": "BOOL"}
    text = standard.get(field.field_type, field.field_type)
    if field.fields:
        inner = ", ".join(f"`{child.name}` {_type_text(child)}" for child in field.fields)
        text = f"STRUCT<{inner}>"
    return f"ARRAY<{text}>" if field.mode == "REPEATED" else text
