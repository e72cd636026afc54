"""Identifiers and literals as parts of a syntax tree: never as pasted text."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from sqlglot import exp

from provender.clock import from_us

if TYPE_CHECKING:
    from provender.types import FeatureType

ROW = "__row"
EVENT = "__event"
CREATED = "__created"
KNOWN = "__known"
ORDER = "__order"
SPINE = "__spine"

_MATERIALIZING = frozenset({"duckdb", "postgres"})
"""The dialects that can be told to compute a part of a query once."""
_SQL_TYPES = {
    "Bool": "BOOLEAN",
    "Int32": "INT",
    "Int64": "BIGINT",
    "Float32": "FLOAT",
    "Float64": "DOUBLE",
    "String": "TEXT",
    "Bytes": "VARBINARY",
    "UnixTimestamp": "TIMESTAMPTZ",
    "Date": "DATE",
    "Uuid": "UUID",
    "Json": "JSON",
}


def view_name(number: int) -> str:
    """Return the internal name of the rows of the nth view."""
    return f"__view_{number}"


def key_name(number: int) -> str:
    """Return the internal name of the nth join key."""
    return f"__key_{number}"


def spine_name(number: int) -> str:
    """Return the internal name of the nth column of the spine."""
    return f"__spine_{number}"


def feature_name(number: int) -> str:
    """Return the internal name of the nth feature."""
    return f"__feature_{number}"


def column(name: str, table: str | None = None) -> exp.Column:
    """Return a quoted column."""
    return exp.column(name, table=table, quoted=True)


def named(expression: exp.Expr, name: str) -> exp.Expr:
    """Return an expression under a quoted name."""
    return exp.alias_(expression, name, quoted=True, copy=False)


def table(name: str) -> exp.Table:
    """Return a quoted table."""
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def part(name: str) -> exp.TableAlias:
    """Return the quoted name of a part of a query, as it is written after WITH."""
    return exp.TableAlias(this=exp.to_identifier(name, quoted=True))


def instant(us: int) -> exp.Expr:
    """Return a literal instant given in µs since 1970 UTC."""
    text = from_us(us).astimezone(UTC).isoformat(sep=" ")
    return exp.cast(exp.Literal.string(text), exp.DataType.Type.TIMESTAMPTZ)


def double(number: float) -> exp.Expr:
    """Return a literal 64-bit float; a bare number in a query may be taken for a decimal."""
    text = "Infinity" if number == float("inf") else repr(number)
    return exp.cast(exp.Literal.string(text), exp.DataType.Type.DOUBLE)


def microseconds(us: int) -> exp.Interval:
    """Return a literal length of time; it has no days, whose length depends on the zone."""
    return exp.Interval(this=exp.Literal.number(us), unit=exp.var("MICROSECOND"))


def sql_type(kind: FeatureType) -> exp.DataType:
    """Return the SQL type of a scalar feature type."""
    return exp.DataType.build(_SQL_TYPES[kind.name])


def by_place(query: exp.Select, prefix: str) -> exp.Select:
    """Return a query whose columns are named by their places, for warehouses that bound names."""
    places = [named(e.unalias(), f"{prefix}{n}") for n, e in enumerate(query.expressions)]
    query.set("expressions", places)
    return query


def query_text(query: exp.Query, dialect: str, *, pretty: bool = False) -> str:
    """Return a query as text, without what the dialect does not know and can do without.

    The query itself is changed on the way: copying a wide one takes longer than writing it.
    """
    if dialect not in _MATERIALIZING:
        for made in query.find_all(exp.CTE):
            made.set("materialized", None)
    return query.sql(dialect, pretty=pretty, copy=False)
