"""PostgreSQL's errors in the project's words: what happened and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as of_postgres

from provender.errors import ProvenderError

_MISSING = (of_postgres.UndefinedTable, of_postgres.InvalidSchemaName, of_postgres.UndefinedColumn)
_FACTS: tuple[tuple[type[Exception], str, str | None], ...] = (
    (
        of_postgres.InsufficientPrivilege,
        "the PostgreSQL user lacks a permission",
        "GRANT it the permission that the message names",
    ),
    (
        of_postgres.InvalidPassword,
        "PostgreSQL does not accept the user and the password",
        "check user and password",
    ),
    (
        of_postgres.QueryCanceled,
        "PostgreSQL stopped a query that took too long",
        "raise offline_store.statement_timeout_seconds",
    ),
    (of_postgres.DiskFull, "PostgreSQL's disk is full", "free some space, then run it again"),
    (
        of_postgres.TooManyConnections,
        "PostgreSQL accepts no more connections",
        "raise max_connections, or run fewer at a time",
    ),
    (
        of_postgres.ReadOnlySqlTransaction,
        "the PostgreSQL server is a standby, which accepts no writes",
        "name the primary",
    ),
    (of_postgres.DataError, "PostgreSQL cannot hold or convert a value", None),
    (
        psycopg.OperationalError,
        "the PostgreSQL server cannot be reached, or ended the connection",
        "start it, or check host, port, database and password; then run it again",
    ),
)


@contextmanager
def postgres_errors(
    kind: type[ProvenderError], missing: type[ProvenderError] | None = None
) -> Iterator[None]:
    """Turn what psycopg raises inside into an error of the tree.

    Args:
        kind: Its class.
        missing: Its class where a table or column does not exist; None: `kind`.

    Raises:
        ProvenderError: Of that kind.
    """
    try:
        yield
    except psycopg.Error as error:
        raise _typed(kind, missing or kind, error) from error


def _typed(
    kind: type[ProvenderError], missing: type[ProvenderError], error: psycopg.Error
) -> ProvenderError:
    got = str(error).strip()
    if isinstance(error, _MISSING):
        fix = "check the name, its schema and the database"
        return missing("a table or column does not exist", got=got, fix=fix)
    for known, fact, advice in _FACTS:
        if isinstance(error, known):
            return kind(fact, got=got, fix=advice)
    return kind("PostgreSQL refused a statement", got=got)
