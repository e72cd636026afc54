"""The offline store: tables of PostgreSQL, joined there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

import pyarrow as pa
from psycopg import sql
from sqlglot import exp

from provender.definitions import DataSource
from provender.errors import RequestError, SourceError, StoreError
from provender.plugin import Destination, HistoricalPlan, PluginContext, Spine, cast_rows
from provender.plugin.sql import SourceRows, SqlOfflineStore
from provender.plugin.sql.appending import check_appended, not_appendable
from provender.plugin.sql.user_text import parsed_table
from provender.types import FeatureType
from provender_postgres.config import OfflineConfig, connection_settings
from provender_postgres.connections import Connections
from provender_postgres.rows import PostgresRows, comparable
from provender_postgres.session import PostgresSession, check_names, copy_rows
from provender_postgres.source import PostgresSource

TABLE = "postgres"
"""The kind of destination that is a table."""


class PostgresOfflineStore(SqlOfflineStore):
    """Reads and appends tables of PostgreSQL.

    Args:
        config: The store's settings.
        context: Whom it is built for.
    """

    dialect: ClassVar[str] = "postgres"
    destinations: ClassVar[tuple[str, ...]] = (TABLE,)

    def __init__(self, config: OfflineConfig, context: PluginContext) -> None:
        self._config = config
        settings = connection_settings(config, context)
        self._connections = Connections(settings, StoreError, SourceError)

    def session(self) -> PostgresSession:
        """Open a transaction on a connection of its own."""
        timeout = self._config.statement_timeout_seconds or 0
        return PostgresSession(self._connections, self._config.batch_rows, int(timeout * 1000))

    def to_key(self, value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
        """Return a join key as something that can be compared with its declared type."""
        return comparable(value, stored, wanted)

    def key_hash(self, keys: Sequence[exp.Expr]) -> exp.Expr:
        """Return PostgreSQL's hash of a row, by which it groups; the sign is left out.

        https://www.postgresql.org/docs/current/xindex.html (support functions of hash operators)
        """
        row = exp.Anonymous(this="ROW", expressions=list(keys))
        hashed = exp.Anonymous(
            this="hash_record_extended", expressions=[row, exp.Literal.number(0)]
        )
        return exp.Paren(this=exp.BitwiseAnd(this=hashed, expression=exp.Literal.number(2**63 - 1)))

    def rows_class(self) -> type[SourceRows]:
        """Return what builds the queries over the rows of a source."""
        return PostgresRows

    def export(self, plan: HistoricalPlan, spine: Spine, destination: Destination) -> int:
        """Put the result into a table, all of its rows or none, without an order."""
        if destination.kind != TABLE:
            return super().export(plan, spine, destination)
        with self.session() as session:
            join = replace(self.join(session, plan, spine, own=True), ordered=False)
            check_names(join.result().schema.names)
            query = self.join_query(session, join)
            return session.write(query, _table(destination), replace=destination.replace)

    def remove(self, destination: Destination) -> None:
        """Remove a table that holds a result."""
        if destination.kind != TABLE:
            super().remove(destination)
        with self.session() as session:
            session.drop(_table(destination))

    def append(self, source: DataSource, table: pa.Table) -> None:
        """Add rows to a source's table, all of them or none."""
        if not isinstance(source, PostgresSource) or not source.table:
            raise not_appendable(source, "a PostgresSource of a table")
        stored = self.schema(source)
        check_appended(source, table.column_names, stored.names)
        table = cast_rows(table.select(stored.names), stored)
        place = sql.Identifier(
            *(part.name for part in parsed_table(source.table, "postgres", SourceError).parts)
        )
        with self._connections.lent() as connection, connection.transaction():
            copy_rows(connection, place, table)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()


def _table(destination: Destination) -> exp.Table:
    return parsed_table(destination.name, "postgres", RequestError)
