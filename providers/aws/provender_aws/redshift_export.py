"""Results that stay with Amazon: in a table of Redshift, or as Parquet in S3."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.types as at
from sqlglot import exp

from provender.errors import ProvenderError, RequestError, listed
from provender.plugin import Destination
from provender.plugin.sql import PointInTimeJoin, Result
from provender.plugin.sql.located import check_cases
from provender.plugin.sql.names import named
from provender.plugin.sql.user_text import parsed_table
from provender_aws.redshift_session import RedshiftSession
from provender_aws.redshift_sql import DIALECT, as_super, in_utc, text_of_bytes, unload

TABLE = "redshift"
"""The kind of destination that is a table; the other is files in S3."""
_LONGEST = 127
_URL = re.compile(r"s3://[^/\s'\"$\\]+/[^\s'\"$\\]+")


def export(
    session: RedshiftSession, join: PointInTimeJoin, query: exp.Select, destination: Destination
) -> int:
    """Let Redshift put the result of a join where the destination says, and count its rows.

    Raises:
        RequestError: The destination or a column has a name that cannot be, or something is there
            already and is not to be replaced.
        StoreError: The transaction failed; a table got nothing.
    """
    result = join.result()
    _check_names(result.schema.names)
    if destination.kind == TABLE:
        texts = _to_table(result, query, destination)
    else:
        texts = [_to_files(session, result, query, destination)]
    try:
        return session.counted(texts, join.staged, f"writing to {destination.name}")
    except ProvenderError as error:
        raise _refused(error, destination) from error


def _to_table(result: Result, query: exp.Select, destination: Destination) -> list[str]:
    def kept(value: exp.Expr, field: pa.Field, stored: pa.DataType) -> exp.Expr:
        return as_super(value) if at.is_null(stored) else value

    place = parsed_table(destination.name, DIALECT, RequestError).sql(DIALECT)
    drop = [drop_table(destination)] if destination.replace else []
    return [*drop, f"CREATE TABLE {place} AS {_written(result, query, kept)}"]


def drop_table(destination: Destination) -> str:
    """Return the statement that removes the table that is a destination, if it is there.

    Raises:
        RequestError: It cannot be the name of a table.
    """
    place = parsed_table(destination.name, DIALECT, RequestError).sql(DIALECT)
    return f"DROP TABLE IF EXISTS {place}"


def _to_files(
    session: RedshiftSession, result: Result, query: exp.Select, destination: Destination
) -> str:
    def kept(value: exp.Expr, field: pa.Field, stored: pa.DataType) -> exp.Expr:
        if at.is_null(stored):
            return text_of_bytes(value)
        return in_utc(value) if getattr(field.type, "tz", None) else value

    url = destination.name.rstrip("/")
    if not _URL.fullmatch(url):
        raise RequestError(
            "results cannot be written to this destination",
            got=repr(destination.name),
            allowed="s3://bucket/prefix, below which the files get their names",
        )
    options = "CLEANPATH" if destination.replace else ""
    return unload(_written(result, query, kept), f"{url}/part-", session.role, options=options)


def _written(
    result: Result,
    query: exp.Select,
    kept: Callable[[exp.Expr, pa.Field, pa.DataType], exp.Expr],
) -> str:
    """Return a query as text, each of its columns as the destination keeps it."""
    columns = zip(query.expressions, result.schema, result.stored, strict=True)
    values = [named(kept(v.unalias(), field, kind), field.name) for v, field, kind in columns]
    query.set("expressions", values)
    return query.sql(DIALECT)


def _refused(error: ProvenderError, destination: Destination) -> ProvenderError:
    text = str(error)
    if "already exists" in text or "is not empty" in text:
        return RequestError(
            f"the destination already exists: {destination.name}",
            got=error.problems[0].got,
            fix="choose another destination, or pass replace=True",
        )
    return error


def _check_names(names: Sequence[str]) -> None:
    """Check that Redshift can have columns of these names.

    Raises:
        RequestError: With those that it cannot have.
    """
    wrong = [name for name in names if not 0 < len(name.encode()) <= _LONGEST or "\0" in name]
    if wrong:
        raise RequestError(
            "Redshift has no columns of such names",
            got=listed(map(repr, wrong)),
            fix="rename the columns of the entity rows, or pass full_feature_names=False",
        )
    check_cases(names, "columns of the result", "rename one of them")
