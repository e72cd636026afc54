"""Results that stay with Amazon: in a table of Redshift, or as Parquet in S3."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from provender.errors import ProvenderError, RequestError, listed
from provender.plugin import Destination
from provender.plugin.sql.names import named
from provender_aws.redshift_join import Join
from provender_aws.redshift_result import join_result
from provender_aws.redshift_session import RedshiftSession
from provender_aws.redshift_sql import DIALECT, as_super, in_utc, table_named, text_of_bytes, unload

TABLE, FILES = "redshift", "s3"
"""The kinds of destinations."""
_LONGEST = 127
_URL = re.compile(r"s3://[^/\s'\"$\\]+/[^\s'\"$\\]+")


def export(
    session: RedshiftSession, join: Join, query: exp.Select, destination: Destination
) -> int:
    """Let Redshift put the result of a join where the destination says, and count its rows.

    Raises:
        RequestError: The destination or a column has a name that cannot be, or something is there
            already and is not to be replaced.
        StoreError: The transaction failed; a table got nothing.
    """
    names = join_result(join).schema.names
    _check_names(names)
    if destination.kind == TABLE:
        texts = _to_table(join, query, destination)
    elif destination.kind == FILES:
        texts = [_to_files(session, join, query, destination)]
    else:
        raise RequestError(
            "the redshift store cannot put results there",
            got=f"{destination.kind}: {destination.name}",
            allowed=listed((TABLE, FILES)),
        )
    try:
        return session.counted(texts, join.staged, f"writing to {destination.name}")
    except ProvenderError as error:
        raise _refused(error, destination) from error


def _to_table(join: Join, query: exp.Select, destination: Destination) -> list[str]:
    place = table_named(destination.name, RequestError).sql(DIALECT)
    values = []
    for value, kind, name in zip(
        query.expressions, join.json(), join_result(join).schema.names, strict=True
    ):
        plain = value.unalias()
        values.append(named(plain if kind is None else as_super(plain), name))
    made = query.copy()
    made.set("expressions", values)
    drop = [f"DROP TABLE IF EXISTS {place}"] if destination.replace else []
    return [*drop, f"CREATE TABLE {place} AS {made.sql(DIALECT)}"]


def _to_files(
    session: RedshiftSession, join: Join, query: exp.Select, destination: Destination
) -> str:
    url = destination.name.rstrip("/")
    if not _URL.fullmatch(url):
        raise RequestError(
            "results cannot be written there",
            got=repr(destination.name),
            allowed="s3://bucket/prefix, below which the files get their names",
        )
    values = []
    for value, kind, field in zip(
        query.expressions, join.json(), join_result(join).schema, strict=True
    ):
        plain = value.unalias() if kind is None else text_of_bytes(value.unalias())
        zoned = kind is None and getattr(field.type, "tz", None)
        values.append(named(in_utc(plain) if zoned else plain, field.name))
    made = query.copy()
    made.set("expressions", values)
    options = "CLEANPATH" if destination.replace else ""
    return unload(made.sql(DIALECT), f"{url}/part-", session.role, options=options)


def _refused(error: ProvenderError, destination: Destination) -> ProvenderError:
    text = str(error)
    if "already exists" in text or "is not empty" in text:
        return RequestError(
            f"something is there already: {destination.name}",
            got=error.problems[0].got,
            fix="name another place, or ask with replace=True",
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
            fix="rename the columns of the entity rows, or ask with full_feature_names=False",
        )
    folded = [name.lower() for name in names]
    twice = [name for name in names if folded.count(name.lower()) > 1]
    if twice:
        fact = "columns of the result differ only in the case of letters"
        raise RequestError(fact, got=listed(twice), fix="rename one of them")
