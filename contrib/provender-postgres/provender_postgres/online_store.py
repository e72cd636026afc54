"""The online store: a table for each view, newest wins by the server's own upsert."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from psycopg import errors as of_postgres
from psycopg import sql

from provender.errors import StoreError
from provender.plugin import OnlineRow, OnlineStore, OnlineTable, PluginContext, TableFigures
from provender_postgres.config import OnlineConfig, connection_settings
from provender_postgres.connections import Connections
from provender_postgres.figures import measure

_LONGEST = 63
"""The most bytes of a PostgreSQL identifier; longer ones are cut silently."""

_MAKE = sql.SQL(
    "CREATE TABLE IF NOT EXISTS {} (key bytea PRIMARY KEY, event_ts bigint NOT NULL,"
    " created_ts bigint NOT NULL, value bytea NOT NULL)"
)
# sorted by key, so that two writers wait for each other and never both
_MERGE = sql.SQL(
    "INSERT INTO {} AS stored SELECT * FROM"
    " unnest(%s::bytea[], %s::bigint[], %s::bigint[], %s::bytea[]) AS t (a, b, c, d) ORDER BY a"
    " ON CONFLICT (key) DO UPDATE SET event_ts = excluded.event_ts,"
    " created_ts = excluded.created_ts, value = excluded.value"
    " WHERE (stored.event_ts, stored.created_ts) <= (excluded.event_ts, excluded.created_ts)"
)
# locked in the order of their keys, as `_MERGE` locks them
_DELETE = sql.SQL(
    "DELETE FROM {0} WHERE key IN (SELECT key FROM {0} WHERE key = ANY(%s) ORDER BY key FOR UPDATE)"
)
_BLOCKS = "SELECT pg_relation_size(to_regclass(%s)) / current_setting('block_size')::bigint"
# a row that somebody writes at the moment is skipped: nobody waits, so that nobody waits for ever
_SWEEP = sql.SQL(
    "DELETE FROM {0} WHERE event_ts < %(before)s AND ctid = ANY(ARRAY("
    "SELECT ctid FROM {0} WHERE ctid >= %(first)s::tid AND ctid < %(end)s::tid"
    " AND event_ts < %(before)s LIMIT %(most)s FOR UPDATE SKIP LOCKED))"
)
_STRETCH = 4_096
"""Blocks that one statement of a sweep looks through: 32 MB."""
_INSERT = sql.SQL("INSERT INTO {} VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING")
_SWAP = sql.SQL(
    "UPDATE {} SET event_ts = %s, created_ts = %s, value = %s"
    " WHERE key = %s AND event_ts = %s AND created_ts = %s AND value = %s"
)
_FIRST_KEYS = sql.SQL("SELECT key FROM {} ORDER BY key LIMIT %s")
_NEXT_KEYS = sql.SQL("SELECT key FROM {} WHERE key > %s ORDER BY key LIMIT %s")
_PAGE = 2_000
"""Keys that are listed by one query, so that none stays open while they are used."""
_READ = sql.SQL("SELECT key, event_ts, created_ts, value FROM {} WHERE key = ANY(%s)")


class PostgresOnlineStore(OnlineStore):
    """Rows as rows of PostgreSQL.

    Args:
        config: The store's settings.
        context: Whom it is built for.
    """

    def __init__(self, config: OnlineConfig, context: PluginContext) -> None:
        self._config = config
        self._connections = Connections(connection_settings(config, context), StoreError)

    def prepare(self, tables: Sequence[OnlineTable]) -> None:
        """Make the tables that are not there."""
        with self._connections.lent() as connection, connection.transaction():
            for table in sorted(tables, key=lambda table: table.name):
                # CREATE TABLE IF NOT EXISTS of two at once can fail: one after another
                lock = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
                connection.execute(lock, [table.name])
                connection.execute(_MAKE.format(self._place(table)))

    def drop(self, tables: Sequence[OnlineTable]) -> None:
        """Remove the tables that are there."""
        with self._connections.lent() as connection:
            for table in tables:
                connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(self._place(table)))

    def write(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> int:
        """Merge rows; one statement and one transaction for every `batch_rows` of them."""
        newest: dict[bytes, OnlineRow] = {}
        for row in rows:
            known = newest.get(row[0])
            if known is None or known[1:3] <= row[1:3]:
                newest[row[0]] = row
        ready = sorted(newest.values())
        statement = _MERGE.format(self._place(table))
        kept_back = len(ready)
        with self._connections.lent() as connection:
            for start in range(0, len(ready), self._config.batch_rows):
                part = ready[start : start + self._config.batch_rows]
                columns = [list(column) for column in zip(*part, strict=True)]
                kept_back -= connection.execute(statement, columns, binary=True).rowcount
        return kept_back

    def read(self, table: OnlineTable, keys: Sequence[bytes]) -> list[OnlineRow | None]:
        """Return the row of each key, in the order of `keys`."""
        return self.read_many([(table, keys)])[0]

    def read_many(
        self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]
    ) -> list[list[OnlineRow | None]]:
        """Return `read` for each request."""
        with self._connections.lent() as connection:
            return [self._read(connection, table, keys) for table, keys in requests]

    def _read(
        self, connection: Any, table: OnlineTable, keys: Sequence[bytes]
    ) -> list[OnlineRow | None]:
        statement = _READ.format(self._place(table))
        try:
            found = connection.execute(statement, [list(set(keys))], binary=True).fetchall()
        except of_postgres.UndefinedTable:
            return [None] * len(keys)
        rows: dict[bytes, OnlineRow] = {row[0]: row for row in found}
        return [rows.get(key) for key in keys]

    def delete(self, table: OnlineTable, keys: Sequence[bytes]) -> None:
        """Remove rows; one statement for every `batch_rows` of them, and DELETE permission."""
        ready = sorted(set(keys))
        statement = _DELETE.format(self._place(table))
        with self._connections.lent() as connection, suppress(of_postgres.UndefinedTable):
            for start in range(0, len(ready), self._config.batch_rows):
                part = ready[start : start + self._config.batch_rows]
                connection.execute(statement, [part], binary=True)

    def sweep(self, table: OnlineTable, before: int, most: int) -> int:
        """Look through the table block by block, each row once; needs DELETE permission."""
        removed = 0
        with self._connections.lent() as connection, suppress(of_postgres.UndefinedTable):
            name = self._place(table).as_string(connection)
            (blocks,) = connection.execute(_BLOCKS, [name]).fetchone() or (None,)
            for first in range(0, blocks or 0, _STRETCH):
                while removed < most:
                    wanted = min(self._config.batch_rows, most - removed)
                    done = self._sweep(connection, table, before, first, wanted)
                    removed += done
                    if done < wanted:
                        break
        return removed

    def _sweep(
        self, connection: Any, table: OnlineTable, before: int, first: int, most: int
    ) -> int:
        """Remove old rows of a stretch of blocks by one statement; return how many.

        Blocks are read one after the other, as few as PostgreSQL can: by a TID range scan.
        https://www.postgresql.org/docs/current/ddl-system-columns.html
        """
        bounds = {"first": f"({first},0)", "end": f"({first + _STRETCH},0)"}
        values = {**bounds, "before": before, "most": most}
        removed: int = connection.execute(_SWEEP.format(self._place(table)), values).rowcount
        return removed

    def keys(self, table: OnlineTable) -> Iterator[list[bytes]]:
        """Return the keys in their order, each page by a query of its own."""
        page = self._page(_FIRST_KEYS, table)
        while page:
            yield page
            page = self._page(_NEXT_KEYS, table, page[-1])

    def _page(self, query: sql.SQL, table: OnlineTable, *after: bytes) -> list[bytes]:
        statement = query.format(self._place(table))
        with self._connections.lent() as connection, suppress(of_postgres.UndefinedTable):
            found = connection.execute(statement, [*after, _PAGE], binary=True)
            return [key for (key,) in found.fetchall()]
        return []

    def swap(
        self, table: OnlineTable, key: bytes, expected: OnlineRow | None, row: OnlineRow
    ) -> bool:
        """Replace one row by one statement, which compares it; whoever waits compares anew."""
        place = self._place(table)
        with self._connections.lent() as connection:
            if expected is None:
                values: list[Any] = [key, *row[1:]]
                done = connection.execute(_INSERT.format(place), values, binary=True)
            else:
                values = [*row[1:], key, *expected[1:]]
                done = connection.execute(_SWAP.format(place), values, binary=True)
            return done.rowcount == 1

    def count(self, table: OnlineTable) -> int | None:
        """Return how many rows a table holds."""
        statement = sql.SQL("SELECT count(*) FROM {}").format(self._place(table))
        with self._connections.lent() as connection:
            try:
                (count,) = connection.execute(statement).fetchone() or (0,)
            except of_postgres.UndefinedTable:
                return 0
            return int(count)

    def figures(self, table: OnlineTable, expired_before: int | None) -> TableFigures:
        """Return exact figures of a small table, and of a large one those of a sample."""
        with self._connections.lent() as connection:
            return measure(connection, self._place(table), expired_before)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def _place(self, table: OnlineTable) -> sql.Identifier:
        name = table.name
        if len(name.encode()) > _LONGEST:
            digest = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
            name = f"provender.{digest}"
        return sql.Identifier(self._config.schema_name, name)
