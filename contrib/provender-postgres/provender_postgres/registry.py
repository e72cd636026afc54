"""The registry: one row per version of a document, its writers one after another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import errors as of_postgres
from psycopg import sql

from provender.clock import to_us
from provender.errors import Conflict, RegistryError
from provender.plugin import Document, PluginContext, Registry
from provender_postgres.config import RegistryConfig, connection_settings
from provender_postgres.connections import Connections

_MAKE = sql.SQL(
    'CREATE TABLE IF NOT EXISTS {} (name text COLLATE "C" NOT NULL, version bigint NOT NULL,'
    " written_us bigint NOT NULL, payload bytea NOT NULL, PRIMARY KEY (name, version))"
)
_SELECT = "SELECT payload, version, written_us FROM {}"
_TABLE = "provender_documents"


class PostgresRegistry(Registry):
    """Documents as rows of PostgreSQL.

    Args:
        config: The registry's settings.
        context: Whom it is built for.
    """

    def __init__(self, config: RegistryConfig, context: PluginContext) -> None:
        self._connections = Connections(connection_settings(config, context), RegistryError)
        self._table = sql.Identifier(config.schema_name, _TABLE)
        self._clock = context.clock

    def read(self, name: str) -> Document | None:
        """Return the newest version of a document, or None when there is none."""
        found = self._documents("WHERE name = %s ORDER BY version DESC LIMIT 1", name)
        return found[0] if found else None

    def read_version(self, name: str, version: int) -> Document | None:
        """Return one version of a document, or None if it has no version of that number."""
        found = self._documents("WHERE name = %s AND version = %s", name, version)
        return found[0] if found else None

    def history(self, name: str) -> list[Document]:
        """Return the versions of a document, oldest first."""
        return self._documents("WHERE name = %s ORDER BY version", name)

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of all documents that begin with `prefix`, sorted."""
        statement = "SELECT DISTINCT name FROM {} WHERE starts_with(name, %s) ORDER BY name"
        return [name for (name,) in self._rows(statement, [prefix])]

    def write(self, name: str, payload: bytes, expected_version: int) -> int:
        """Write the next version of a document and return its number."""
        with self._swapping(name, expected_version) as connection:
            self._insert(connection, name, payload, expected_version + 1)
        return expected_version + 1

    def replace(self, name: str, payload: bytes, expected_version: int) -> int:
        """Write the next version of a document and remove the earlier ones."""
        with self._swapping(name, expected_version) as connection:
            self._remove(connection, name)
            self._insert(connection, name, payload, expected_version + 1)
        return expected_version + 1

    def delete(self, name: str, expected_version: int) -> None:
        """Remove a document with its history."""
        with self._swapping(name, expected_version) as connection:
            self._remove(connection, name)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def _insert(self, connection: Any, name: str, payload: bytes, version: int) -> None:
        insert = sql.SQL("INSERT INTO {} VALUES (%s, %s, %s, %s)").format(self._table)
        connection.execute(insert, [name, version, to_us(self._clock()), payload])

    def _remove(self, connection: Any, name: str) -> None:
        remove = sql.SQL("DELETE FROM {} WHERE name = %s").format(self._table)
        connection.execute(remove, [name])

    @contextmanager
    def _swapping(self, name: str, expected: int) -> Iterator[Any]:
        """Keep other writers of a document out while it is changed.

        Raises:
            Conflict: It has another version than the expected one.
        """
        lock = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
        newest = sql.SQL("SELECT coalesce(max(version), 0) FROM {} WHERE name = %s")
        with self._connections.lent() as connection, connection.transaction():
            connection.execute(lock, [_TABLE])  # for the table's making, and for every document
            connection.execute(_MAKE.format(self._table))
            (found,) = connection.execute(newest.format(self._table), [name]).fetchone() or (0,)
            if found != expected:
                raise _moved(name, expected, found)
            yield connection

    def _documents(self, condition: str, *values: object) -> list[Document]:
        found = self._rows(f"{_SELECT} {condition}", values)
        return [Document(*row) for row in found]

    def _rows(self, statement: Any, values: Any) -> list[Any]:
        """Return what a query finds; nothing when the table was never made."""
        with self._connections.lent() as connection:
            query = sql.SQL(statement).format(self._table)
            try:
                return connection.execute(query, values, binary=True).fetchall()
            except of_postgres.UndefinedTable:
                return []


def _moved(name: str, expected: int, found: int) -> Conflict:
    return Conflict(
        f"document {name!r} was changed by somebody else",
        got=f"version {found}",
        allowed=f"version {expected}",
        fix="read it again and repeat the change",
    )
