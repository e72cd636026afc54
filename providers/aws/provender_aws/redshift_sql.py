"""Parts of Redshift's SQL: tables, queries, values as files can hold them, COPY and UNLOAD."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.types as at
from sqlglot import exp

from provender.errors import SourceError
from provender.plugin.sql.names import by_place, query_text
from provender.plugin.sql.user_text import parsed_table
from provender_aws.redshift_source import RedshiftSource

DIALECT = "redshift"
UNLOADED = "SELECT pg_last_unload_count()"
"""Tells how many rows the UNLOAD before it wrote: of none there is no file and no manifest."""


def quoted(name: str) -> str:
    """Return a name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


def table_of(source: RedshiftSource) -> exp.Table:
    """Return the table of a source; its ``schema`` and ``database`` stand before the table's.

    Raises:
        SourceError: It has no valid name.
    """
    found = parsed_table(str(source.table), DIALECT, SourceError)
    if source.schema and not found.db:
        found.set("db", exp.to_identifier(source.schema, quoted=True))
    if source.database and not found.catalog:
        found.set("catalog", exp.to_identifier(source.database, quoted=True))
    return found


def instant(value: exp.Expr, stored: pa.DataType) -> exp.Expr:
    """Return a stored column as ``TIMESTAMPTZ``; a naive one and a date mean UTC."""
    if at.is_timestamp(stored) and stored.tz:
        return value
    naive = value if at.is_timestamp(stored) else exp.cast(value, exp.DataType.Type.TIMESTAMP)
    return exp.AtTimeZone(this=naive, zone=exp.Literal.string("UTC"))


def in_utc(value: exp.Expr) -> exp.Expr:
    """Return a ``TIMESTAMPTZ`` as the ``TIMESTAMP`` in UTC that a Parquet file can hold."""
    return exp.AtTimeZone(this=value, zone=exp.Literal.string("UTC"))


def exact(value: exp.Expr) -> exp.Expr:
    """Return a text with a mark at its end, so that its trailing blanks count in comparisons.

    Redshift leaves trailing blanks out when it compares. The mark sorts before any other character:
    https://docs.aws.amazon.com/redshift/latest/dg/r_Examples_with_character_types.html
    """
    mark = exp.Chr(expressions=[exp.Literal.number(1)])
    return exp.paren(exp.DPipe(this=value, expression=mark))  # IS binds tighter than || there


def unmarked(value: exp.Expr) -> exp.Expr:
    """Return the text of which `exact` made this."""
    length = exp.Length(this=value.copy())
    return exp.Left(this=value, expression=exp.Sub(this=length, expression=exp.Literal.number(1)))


def as_json(value: exp.Expr) -> exp.Expr:
    """Return a SUPER as text; one of more than 65535 bytes makes the statement fail."""
    return _unless_null(value, exp.Anonymous(this="JSON_SERIALIZE", expressions=[value.copy()]))


def as_json_bytes(value: exp.Expr) -> exp.Expr:
    """Return a SUPER as the bytes of its text, which may be longer than a VARCHAR.

    https://docs.aws.amazon.com/redshift/latest/dg/JSON_SERIALIZE_TO_VARBYTE.html
    """
    name = "JSON_SERIALIZE_TO_VARBYTE"
    return _unless_null(value, exp.Anonymous(this=name, expressions=[value.copy()]))


def as_super(value: exp.Expr) -> exp.Expr:
    """Return JSON, as text or as bytes, as a SUPER."""
    return exp.Anonymous(this="JSON_PARSE", expressions=[value])


def text_of_bytes(value: exp.Expr) -> exp.Expr:
    """Return what `as_json_bytes` made as text; one that is too long makes the statement fail."""
    serialized = exp.Anonymous(this="JSON_SERIALIZE", expressions=[as_super(value.copy())])
    return _unless_null(value, serialized)


def _unless_null(value: exp.Expr, made: exp.Expr) -> exp.Expr:
    """Return a null for a null: JSON_SERIALIZE gives the text ``null`` for it."""
    present = exp.Not(this=exp.Is(this=value.copy(), expression=exp.null()))
    return exp.Case().when(present, made)


def unloadable(query: exp.Select, schema: pa.Schema) -> str:
    """Return a query as text whose result any file can hold, its columns named by their places.

    Args:
        query: The query; it is changed on the way.
        schema: The columns of its result; instants are TIMESTAMPTZ in the query.
    """
    pairs = zip(query.expressions, schema.types, strict=True)
    values = [
        in_utc(value.unalias()) if at.is_timestamp(kind) and kind.tz else value
        for value, kind in pairs
    ]
    query.set("expressions", values)
    return query_text(by_place(query, "c"), DIALECT)


def all_of(relation: exp.Expr) -> exp.Select:
    """Return a query for every row and column of a relation."""
    return exp.select("*").from_(relation.copy())


def copy(table: str, url: str, role: str | None) -> str:
    """Return the statement that loads a Parquet file into a table."""
    return f"COPY {table} FROM '{url}' {_role(role)} FORMAT AS PARQUET"


def unload(query: str, url: str, role: str | None, *, options: str) -> str:
    """Return the statement that writes the result of a query as Parquet files."""
    text = f"$${query}$$" if "$$" not in query else _in_quotes(query)
    return f"UNLOAD ({text}) TO '{url}' {_role(role)} FORMAT AS PARQUET {options}"


def _in_quotes(query: str) -> str:
    return "'" + query.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _role(role: str | None) -> str:
    return f"IAM_ROLE '{role}'" if role and role != "default" else "IAM_ROLE default"
