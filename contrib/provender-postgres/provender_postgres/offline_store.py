"""The offline store: tables of PostgreSQL, joined there."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import pyarrow as pa
import pyarrow.types as at
from psycopg import sql
from sqlglot import exp

from provender.definitions import DataSource
from provender.errors import SourceError, StoreError, listed
from provender.plugin import PluginContext, cast_rows
from provender.plugin.sql import SourceRows, SqlOfflineStore
from provender.types import FeatureType
from provender_postgres.config import OfflineConfig, connection_settings
from provender_postgres.connections import Connections
from provender_postgres.rows import PostgresRows, comparable
from provender_postgres.session import PostgresSession, copy_rows, table_of
from provender_postgres.source import PostgresSource

if TYPE_CHECKING:
    from collections.abc import Sequence


class PostgresOfflineStore(SqlOfflineStore):
    """Reads and appends tables of PostgreSQL.

    Args:
        config: The store's settings.
        context: Whom it is built for.
    """

    dialect: ClassVar[str] = "postgres"

    def __init__(self, config: OfflineConfig, context: PluginContext) -> None:
        self._config = config
        self._connections = Connections(connection_settings(config, context), StoreError)

    def session(self) -> PostgresSession:
        """Open a transaction on a connection of its own."""
        timeout = self._config.statement_timeout_seconds or 0
        return PostgresSession(self._connections, self._config.batch_rows, int(timeout * 1000))

    def to_instant(self, value: exp.Expr, stored: pa.DataType) -> exp.Expr:
        """Return a column as ``timestamptz``; the session's zone is UTC."""
        if at.is_timestamp(stored) and stored.tz:
            return value
        return exp.cast(value, exp.DataType.Type.TIMESTAMPTZ)

    def to_key(self, value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
        """Return a join key as something that can be compared with its declared type."""
        return comparable(value, stored, wanted)

    def rows_class(self) -> type[SourceRows]:
        """Return what builds the queries over the rows of a source."""
        return PostgresRows

    def append(self, source: DataSource, table: pa.Table) -> None:
        """Add rows to a source's table, all of them or none."""
        if not isinstance(source, PostgresSource) or not source.table:
            got, allowed = source.location(), "a PostgresSource of a table"
            fact = f"rows cannot be appended to source {source.name!r}"
            raise SourceError(fact, got=got, allowed=allowed)
        stored = self.schema(source)
        _check_columns(source, table, stored.names)
        table = cast_rows(table.select(stored.names), stored)
        place = sql.Identifier(*(part.name for part in table_of(source.table).parts))
        with self._connections.lent() as connection, connection.transaction():
            copy_rows(connection, place, table)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()


def _check_columns(source: DataSource, table: pa.Table, names: Sequence[str]) -> None:
    if set(names) != set(table.column_names):
        raise SourceError(
            f"the rows do not have the columns of source {source.name!r}",
            got=listed(table.column_names),
            allowed=listed(names),
        )
