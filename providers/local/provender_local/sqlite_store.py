"""The online store of the local provider: one SQLite file, many readers and writers."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from provender.errors import StoreError
from provender.plugin import OnlineRow, OnlineStore, OnlineTable, PluginContext, TableFigures
from provender_local.configuration import SqliteConfig
from provender_local.sqlite_connections import SqliteConnections
from provender_local.sqlite_errors import SqliteFile, is_missing_table, primary_code
from provender_local.sqlite_tables import (
    count_statement,
    create_statement,
    delete_statement,
    drop_statement,
    figures_statement,
    insert_statement,
    keys_statement,
    merge_statement,
    old_statement,
    select_statement,
    stretch_statement,
    swap_statement,
    sweep_statement,
)

T = TypeVar("T")

_MOST_KEYS = 500
"""Keys of one statement; more of them are asked for in several."""
_PAGE = 2_000
"""Keys that are listed by one query: a longer one would keep the log of writes from shrinking."""
_MEASURED = 50_000
"""Rows whose figures are computed by one query, for the same reason."""
_EARLIEST = -(2**63)
"""No event is before it."""
_STRETCH = 20_000
"""Rows that a sweep looks through by one query, for the same reason."""
_HELD = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class SqliteStore(OnlineStore):
    """One table per feature view, one row per entity key, newest wins in one statement.

    The file is in WAL mode, so that readers never wait. A write survives a kill of the process;
    the last writes may be lost, whole, when the machine loses power (``synchronous=NORMAL``).
    Threads and processes may share the file; a forked process opens connections of its own.

    Args:
        path: The database file; it and its directory are made by the first write.
        timeout_seconds: How long to wait for another writer.
    """

    def __init__(self, path: Path, timeout_seconds: float) -> None:
        self._path = path
        self._file = SqliteFile(
            path,
            "online store",
            "online_store",
            "move the file away, then apply and materialize again",
            timeout_seconds,
        )
        self._connections = SqliteConnections(path, timeout_seconds)
        self._impatient = SqliteConnections(path, 0.0)
        weakref.finalize(self, self._connections.close)
        weakref.finalize(self, self._impatient.close)

    def prepare(self, tables: Sequence[OnlineTable]) -> None:
        """Make the tables that are missing."""
        if not tables:
            return
        with self._writing() as connection:
            for table in tables:
                connection.execute(create_statement(table))

    def drop(self, tables: Sequence[OnlineTable]) -> None:
        """Drop the tables that are there."""
        if not tables or not self._path.exists():
            return
        with self._writing() as connection:
            for table in tables:
                connection.execute(drop_statement(table))

    def write(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> int:
        """Merge rows in one transaction; sorted by key, which SQLite writes twice as fast."""
        with self._writing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(create_statement(table))
            ready = sorted(rows, key=itemgetter(0))
            done = connection.executemany(merge_statement(table), ready)
            connection.execute("COMMIT")
            return len(ready) - done.rowcount

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection; when the work fails it is closed, which rolls everything back."""
        try:
            if self._connections.moved():  # a row written into a deleted file would be lost
                self.close()
            connection = self._connections.take_for_writing()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._connections.give_back(connection)
        except sqlite3.Error as error:
            raise StoreError.of([self._file.problem(error)]) from error
        except OSError as error:
            raise self._unreachable(error) from error

    def read(self, table: OnlineTable, keys: Sequence[bytes]) -> list[OnlineRow | None]:
        """Return the row of each key, in the order of the keys."""
        found = self._query(lambda connection: _rows(connection, table, keys))
        return [None] * len(keys) if found is None else found

    def read_now(
        self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]
    ) -> list[list[OnlineRow | None]] | None:
        """Return the rows, unless somebody holds the whole file; a writer does not."""
        connection = None
        try:
            connection = self._impatient.take()
            if connection is None:
                return [[None] * len(keys) for _, keys in requests]
            return [_rows_or_none(connection, table, keys) for table, keys in requests]
        except sqlite3.Error as error:
            if primary_code(error) in _HELD:
                return None
            raise StoreError.of([self._file.problem(error)]) from error
        except OSError as error:
            raise self._unreachable(error) from error
        finally:
            if connection is not None:
                self._impatient.give_back(connection)

    def delete(self, table: OnlineTable, keys: Sequence[bytes]) -> None:
        """Remove rows in one transaction."""
        if not keys or not self._path.exists():
            return
        with self._writing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            _delete(connection, table, keys)
            connection.execute("COMMIT")

    def sweep(self, table: OnlineTable, before: int, most: int) -> int:
        """Look through the table, a stretch of keys at a time, and remove what is old there."""
        removed, start = 0, b""
        while removed < most:
            found = self._query(partial(_old_keys, table=table, start=start, before=before))
            if found is None:
                break
            old, then = found
            while old and removed < most:
                part = old[: min(_PAGE, most - removed)]
                removed += self._remove_old(table, part, before)
                old = old[len(part) :]
            if then is None:
                break
            start = then
        return removed

    def _remove_old(self, table: OnlineTable, keys: Sequence[bytes], before: int) -> int:
        """Remove those of some rows that are still old, in one transaction; return how many."""
        with self._writing() as connection:
            connection.execute("BEGIN IMMEDIATE")
            removed = _sweep(connection, table, keys, before)
            connection.execute("COMMIT")
        return removed

    def keys(self, table: OnlineTable) -> Iterator[list[bytes]]:
        """Return the keys in their order, each page by a query of its own."""
        last: list[bytes] = []
        while page := self._query(partial(_page, table=table, after=last)):
            yield page
            last = page[-1:]

    def swap(
        self, table: OnlineTable, key: bytes, expected: OnlineRow | None, row: OnlineRow
    ) -> bool:
        """Replace one row by one statement, which compares it."""
        with self._writing() as connection:
            connection.execute(create_statement(table))
            if expected is None:
                done = connection.execute(insert_statement(table), (key, *row[1:]))
            else:
                done = connection.execute(swap_statement(table), (*row[1:], key, *expected[1:]))
            return done.rowcount == 1

    def count(self, table: OnlineTable) -> int:
        """Return how many rows a table holds."""
        statement = count_statement(table)
        found = self._query(lambda connection: connection.execute(statement).fetchone())
        return int(found[0]) if found else 0

    def figures(self, table: OnlineTable, expired_before: int | None) -> TableFigures:
        """Return exact figures: every row is looked at, some 50,000 with each query.

        ``bytes`` are those of keys, values and timestamps. The pages that a table takes are not
        asked for: the virtual table ``dbstat`` is there only in builds of SQLite with
        SQLITE_ENABLE_DBSTAT_VTAB, and reads every page: https://www.sqlite.org/dbstat.html
        """
        rows, expired, size = 0, 0, 0
        ends: list[int] = []
        last: list[bytes] = []
        while found := self._query(
            partial(_measured, table=table, expired_before=expired_before, after=last)
        ):
            rows, expired, size = rows + found[0], expired + int(found[1]), size + int(found[4])
            ends += found[2:4]
            last = [found[5]]
        oldest, newest = (min(ends), max(ends)) if ends else (None, None)
        return TableFigures(rows, size, expired, oldest, newest)

    def _query(self, ask: Callable[[sqlite3.Connection], T]) -> T | None:
        """Return what `ask` finds, or None when the file or the table does not exist."""
        connection = None
        try:
            connection = self._connections.take()
            return None if connection is None else ask(connection)
        except sqlite3.Error as error:
            if is_missing_table(error):
                return None
            raise StoreError.of([self._file.problem(error)]) from error
        except OSError as error:
            raise self._unreachable(error) from error
        finally:
            if connection is not None:
                self._connections.give_back(connection)

    def _unreachable(self, error: OSError) -> StoreError:
        fact = "the directory of the online store cannot be created or opened"
        return StoreError(fact, got=str(error), fix="check online_store.path")

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._connections.close()
        self._impatient.close()


def _rows_or_none(
    connection: sqlite3.Connection, table: OnlineTable, keys: Sequence[bytes]
) -> list[OnlineRow | None]:
    """Return the row of each key; a table that was never prepared has none."""
    try:
        return _rows(connection, table, keys)
    except sqlite3.Error as error:
        if is_missing_table(error):
            return [None] * len(keys)
        raise


def _rows(
    connection: sqlite3.Connection, table: OnlineTable, keys: Sequence[bytes]
) -> list[OnlineRow | None]:
    if len(keys) == 1:
        found = connection.execute(select_statement(table, 1), keys).fetchall()
        return [found[0] if found else None]
    rows: dict[bytes, OnlineRow] = {}
    for start in range(0, len(keys), _MOST_KEYS):
        part = keys[start : start + _MOST_KEYS]
        statement = select_statement(table, len(part))
        rows.update((row[0], row) for row in connection.execute(statement, part).fetchall())
    return [rows.get(key) for key in keys]


def _delete(connection: sqlite3.Connection, table: OnlineTable, keys: Sequence[bytes]) -> None:
    """Remove rows; a table that was never prepared has none."""
    try:
        for start in range(0, len(keys), _MOST_KEYS):
            part = keys[start : start + _MOST_KEYS]
            connection.execute(delete_statement(table, len(part)), part)
    except sqlite3.Error as error:
        if not is_missing_table(error):
            raise


def _old_keys(
    connection: sqlite3.Connection, table: OnlineTable, start: bytes, before: int
) -> tuple[list[bytes], bytes | None]:
    """Return the keys of the old rows in a stretch from `start` on, and where the next begins.

    The end of the stretch is looked up first, so that a query with few old rows is short too.
    """
    found = connection.execute(stretch_statement(table), [start, _STRETCH]).fetchone()
    end = None if found is None else found[0]
    statement = old_statement(table, to_the_end=end is None)
    bounds = [before, start] if end is None else [before, start, end]
    return [key for (key,) in connection.execute(statement, bounds).fetchall()], end


def _sweep(
    connection: sqlite3.Connection, table: OnlineTable, keys: Sequence[bytes], before: int
) -> int:
    """Remove rows that are old; return how many. A table that was dropped meanwhile has none."""
    try:
        done = connection.executemany(sweep_statement(table), [(key, before) for key in keys])
    except sqlite3.Error as error:
        if not is_missing_table(error):
            raise
        return 0
    return done.rowcount


def _page(
    connection: sqlite3.Connection, table: OnlineTable, after: Sequence[bytes]
) -> list[bytes]:
    statement = keys_statement(table, after=bool(after))
    return [key for (key,) in connection.execute(statement, [*after, _PAGE]).fetchall()]


def _measured(
    connection: sqlite3.Connection,
    table: OnlineTable,
    expired_before: int | None,
    after: Sequence[bytes],
) -> tuple[int, float, int, int, float, bytes] | None:
    """Return figures of the next rows after a key, None when there are none."""
    statement = figures_statement(table, after=bool(after))
    before = _EARLIEST if expired_before is None else expired_before
    found = connection.execute(statement, [before, *after, _MEASURED]).fetchone()
    return found if found[0] else None


def sqlite_store(config: SqliteConfig, context: PluginContext) -> SqliteStore:
    """Return the store that a configuration names."""
    return SqliteStore(context.repo_path / config.path, config.timeout_seconds)
