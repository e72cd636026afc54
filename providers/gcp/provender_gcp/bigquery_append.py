"""Rows that are added to a user's table: in one step, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from provender.definitions import DataSource
from provender.errors import SourceError
from provender.plugin import cast_rows
from provender.plugin.sql.appending import check_appended, not_appendable
from provender_gcp.bigquery_jobs import Jobs
from provender_gcp.bigquery_session import BigQuerySession, table_expression
from provender_gcp.bigquery_source import BigQuerySource
from provender_gcp.bigquery_staging import loaded
from provender_gcp.bigquery_types import arrow_type
from provender_gcp.bigquery_values import texts_of_uuids, wrapped_column

if TYPE_CHECKING:
    import pyarrow as pa
    from google.cloud.bigquery import SchemaField


def append(session: BigQuerySession, jobs: Jobs, source: DataSource, table: pa.Table) -> None:
    """Add rows to the table of a source by one load job.

    Args:
        session: Removes what is temporary.
        jobs: What loads.
        source: A source with a table.
        table: The rows, with the columns of the table, in any order.

    Raises:
        SourceError: The source is a query, or has other columns.
        StoreError: The load job failed; nothing was added.
    """
    if not isinstance(source, BigQuerySource) or source.table is None:
        raise not_appendable(source, "a BigQuerySource with a table")
    name = session.table_name(source.table)
    fields = list(jobs.table(name).schema)
    rows = _loadable(source, table, fields)
    if not any(field.field_type == "JSON" for field in fields):
        loaded(jobs, rows, name, fields)
        return
    with session:
        texts = [_as_text(field) for field in fields]
        temporary = session.temporary(texts)
        loaded(jobs, rows, temporary, texts)
        jobs.query(_insert(name, temporary, fields))


def _loadable(source: DataSource, table: pa.Table, fields: Sequence[SchemaField]) -> pa.Table:
    """Return the rows as they are loaded, in the order of the table's columns."""
    import pyarrow as pa

    names = [field.name for field in fields]
    check_appended(source, table.column_names, names)
    kinds = [arrow_type(_as_text(field)) for field in fields]
    texts = [texts_of_uuids(table.column(name)) for name in names]
    plain = cast_rows(pa.table(texts, names=names), pa.schema(zip(names, kinds, strict=True)))
    columns = [
        _unwrapped(column, field) if field.mode == "REPEATED" else wrapped_column(column)
        for column, field in zip(plain.columns, fields, strict=True)
    ]
    return pa.table(columns, names=names)


def _unwrapped(column: pa.ChunkedArray, field: SchemaField) -> pa.ChunkedArray:
    """Return lists for a plain ``ARRAY``, which can hold no null.

    Raises:
        SourceError: A null is among them.
    """
    import pyarrow.compute as pc
    import pyarrow.types as at

    if at.is_map(column.type):
        return pc.struct_field(wrapped_column(column), [0])
    if pc.list_flatten(column).null_count:
        raise SourceError(
            f"a list for column {field.name!r} has a null inside",
            allowed=f"no nulls: the column is an ARRAY<{field.field_type}> of BigQuery",
            fix="remove the nulls, or make the column a "
            "STRUCT<list ARRAY<STRUCT<element T>>>, which keeps them",
        )
    return column


def _as_text(field: SchemaField) -> SchemaField:
    from google.cloud.bigquery import SchemaField

    if field.field_type != "JSON":
        return field
    return SchemaField(field.name, "STRING", field.mode)


def _insert(name: str, temporary: str, fields: Sequence[SchemaField]) -> str:
    """Return the statement that adds loaded rows to a table with columns of type JSON."""
    from sqlglot import exp

    from provender.plugin.sql.names import column

    values = [
        exp.Anonymous(this="PARSE_JSON", expressions=[column(field.name)])
        if field.field_type == "JSON"
        else column(field.name)
        for field in fields
    ]
    rows = exp.select(*values).from_(table_expression(temporary))
    names = [exp.to_identifier(field.name, quoted=True) for field in fields]
    target = exp.Schema(this=table_expression(name), expressions=names)
    return exp.Insert(this=target, expression=rows).sql("bigquery")
