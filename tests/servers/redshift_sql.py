"""Redshift's SQL as PostgreSQL's: what stands for SUPER, VARBYTE and their functions."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from servers.redshift_comparing import compare_without_blanks

_TABLE_PROPERTIES = (exp.DistKeyProperty, exp.SortKeyProperty, exp.DistStyleProperty)
UNLOADED = "provender.unloaded"
"""The setting of a session that holds how many rows its last UNLOAD wrote."""
_LENGTHS = frozenset({"year", "month", "week", "day", "hour", "minute", "second"})
_MOST_IN_INTERVAL = 2**31 - 1


class RefusedError(Exception):
    """Redshift, or this server, does not know the statement."""


def translated(statement: str) -> list[str]:
    """Return the statements of PostgreSQL that do what one of Redshift does.

    Raises:
        RefusedError: It cannot be read, or is nothing that Redshift has.
    """
    try:
        parsed = sqlglot.parse(statement, read="redshift")
    except sqlglot.errors.SqlglotError as error:
        raise RefusedError(f"syntax error: {str(error).splitlines()[0]}") from error
    return [_one(tree) for tree in parsed if tree is not None]


def _one(tree: exp.Expr) -> str:
    if isinstance(tree, exp.Command) and tree.name.upper() not in ("ANALYZE", "SHOW"):
        raise RefusedError(f"the test server does not know the statement {tree.name.upper()}")
    for join in tree.find_all(exp.Join):
        if join.method == "ASOF":
            raise RefusedError('syntax error at or near "ASOF"')
    for window in tree.find_all(exp.WindowSpec):
        if window.args.get("kind") == "RANGE" and isinstance(window.args.get("start"), exp.Expr):
            raise RefusedError("RANGE with an offset is not supported")
    for interval in tree.find_all(exp.Interval):
        _check_interval(interval)
    compare_without_blanks(tree)
    for made in list(tree.find_all(*_TABLE_PROPERTIES)):
        made.pop()
    return tree.transform(_node).sql("postgres")


def _check_interval(interval: exp.Interval) -> None:
    """Refuse lengths of time that are not documented; a number has 32 bits.

    https://docs.aws.amazon.com/redshift/latest/dg/r_interval_literals.html
    """
    unit = str(interval.unit).lower().removesuffix("s")
    if unit not in _LENGTHS:
        raise RefusedError(f'interval units "{unit}" not recognized')
    number = interval.this.name
    if not number.lstrip("-").isdecimal() or int(number) > _MOST_IN_INTERVAL:
        raise RefusedError(f'interval field value out of range: "{number}"')


def _node(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.DataType):
        return _type(node)
    if isinstance(node, exp.ParseJSON):
        return exp.Anonymous(this="JSON_PARSE", expressions=[node.this])
    if isinstance(node, exp.Anonymous) and node.name.upper() == "PG_LAST_UNLOAD_COUNT":
        return sqlglot.parse_one(
            f"COALESCE(CURRENT_SETTING('{UNLOADED}', TRUE), '0')::BIGINT", read="postgres"
        )
    return node


def _type(node: exp.DataType) -> exp.DataType:
    if node.this == exp.DataType.Type.SUPER:
        return exp.DataType.build("JSONB", dialect="postgres")
    if node.this == exp.DataType.Type.VARBINARY:
        return exp.DataType.build("BYTEA", dialect="postgres")
    longest = node.this == exp.DataType.Type.VARCHAR and node.expressions
    if longest and node.expressions[0].name.upper() == "MAX":
        return exp.DataType.build("VARCHAR(65535)", dialect="postgres")
    return node
