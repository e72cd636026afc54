"""Rows that are added to a user's table: by one transaction, or not at all."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as at
from sqlglot import exp

from provender.definitions import DataSource
from provender.plugin import cast_column
from provender.plugin.sql.appending import check_appended, not_appendable
from provender.plugin.sql.names import column
from provender_aws.redshift_session import RedshiftSession
from provender_aws.redshift_source import RedshiftSource
from provender_aws.redshift_sql import DIALECT, table_of
from provender_aws.redshift_values import json_column, parquet_column


def append(session: RedshiftSession, source: DataSource, rows: pa.Table) -> None:
    """Add rows to the table of a source.

    They are loaded into a temporary table and inserted from there, in one transaction.

    Args:
        session: Runs it.
        source: A source with a table.
        rows: The rows, with the columns of the table, in any order.

    Raises:
        SourceError: The source is a query, has other columns, or a value does not fit.
        StoreError: The transaction failed; nothing was added.
    """
    if not isinstance(source, RedshiftSource) or source.table is None:
        raise not_appendable(source, "a RedshiftSource with a table")
    target = table_of(source)
    stored = session.schema(target)
    check_appended(source, rows.column_names, stored.names)
    columns = [_storable(rows.column(field.name), field) for field in stored]
    loaded = session.loaded(pa.table(columns, names=stored.names))
    values = [_value(field) for field in stored]
    names = [exp.to_identifier(name, quoted=True) for name in stored.names]
    into = exp.Schema(this=target, expressions=names)
    insert = exp.Insert(this=into, expression=exp.select(*values).from_(loaded))
    session.finish([insert.sql(DIALECT)], f"appending to {source.location()}")


def _storable(values: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    """Return values as the type of their column; those of a SUPER as JSON."""
    if at.is_null(field.type):
        return json_column(values)
    if isinstance(values.type, pa.BaseExtensionType):
        values = parquet_column(values, field.name)
    return values if values.type == field.type else cast_column(values, field)


def _value(field: pa.Field) -> exp.Expr:
    found = column(field.name)
    if at.is_null(field.type):
        return exp.Anonymous(this="JSON_PARSE", expressions=[found])
    return found
