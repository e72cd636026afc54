"""The online store of the local provider: one SQLite file, many readers and writers."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from provender.errors import StoreError
from provender.plugin import OnlineRow, OnlineStore, OnlineTable
from provender_local.sqlite_errors import sqlite_errors

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = NORMAL",
    "cache_size = -65536",  # 64 MB, so that pages of random keys are not written over and over
    "wal_autocheckpoint = 16384",  # pages: a bulk load checkpoints every 64 MB
)
_MOST_KEYS = 500
"""Keys of one statement; more of them are asked for in several."""


class SqliteStore(OnlineStore):
    """One table per feature view, one row per entity key, newest wins in one statement.

    The file is in WAL mode, so that readers never wait. A write survives a kill of the process;
    the last writes may be lost, whole, when the machine loses power (``synchronous=NORMAL``).
    Each thread has a connection of its own; a forked process opens new ones.

    Args:
        path: The database file; it and its directory are made by the first write.
        timeout_seconds: How long to wait for another writer.
    """

    def __init__(self, path: Path, timeout_seconds: float) -> None:
        self._path = path
        self._timeout = timeout_seconds
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def prepare(self, tables: Sequence[OnlineTable]) -> None:
        """Make the tables that are missing."""
        if not tables:
            return
        with sqlite_errors(self._path, self._timeout):
            connection = self._writable()
            for table in tables:
                connection.execute(_create(table.name))

    def drop(self, tables: Sequence[OnlineTable]) -> None:
        """Drop the tables that are there."""
        if not tables or not self._path.exists():
            return
        with sqlite_errors(self._path, self._timeout):
            connection = self._writable()
            for table in tables:
                connection.execute(f"DROP TABLE IF EXISTS {_quoted(table.name)}")

    def write(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> None:
        """Merge rows in one transaction; sorted by key, which SQLite writes twice as fast."""
        with sqlite_errors(self._path, self._timeout):
            connection = self._writable()
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.execute(_create(table.name))
                ordered = sorted(rows, key=_key_and_age)
                connection.executemany(_upsert(table.name), ordered)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def read(self, table: OnlineTable, keys: Sequence[bytes]) -> list[OnlineRow | None]:
        """Return the row of each key, in the order of the keys."""
        try:
            connection = self._connection()
            if connection is None:
                return [None] * len(keys)
            if len(keys) == 1:
                statement = _select(table.name, 1)
                return [connection.execute(statement, (keys[0],)).fetchone()]
            found: dict[bytes, OnlineRow] = {}
            for start in range(0, len(keys), _MOST_KEYS):
                part = keys[start : start + _MOST_KEYS]
                statement = _select(table.name, len(part))
                found.update((row[0], row) for row in connection.execute(statement, part))
            return [found.get(key) for key in keys]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return [None] * len(keys)
            return self._fail(error)
        except sqlite3.Error as error:
            return self._fail(error)

    def _fail(self, error: sqlite3.Error) -> list[OnlineRow | None]:
        with sqlite_errors(self._path, self._timeout):
            raise error

    def count(self, table: OnlineTable) -> int:
        """Return how many rows a table holds."""
        with sqlite_errors(self._path, self._timeout):
            connection = self._connection()
            if connection is None:
                return 0
            known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
            if connection.execute(known, (_encoded(table.name),)).fetchone() is None:
                return 0
            counted = f"SELECT count(*) FROM {_quoted(table.name)}"  # noqa: S608 - quoted
            return int(connection.execute(counted).fetchone()[0])

    def _connection(self) -> sqlite3.Connection | None:
        """Return this thread's connection, or None when there is no file yet."""
        local = self._local
        if getattr(local, "pid", None) == os.getpid() and local.connection is not None:
            connection: sqlite3.Connection = local.connection
            return connection
        return self._open() if self._path.exists() else None

    def _writable(self) -> sqlite3.Connection:
        """Return this thread's connection, making the file if need be."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                "the directory of the online store cannot be made", got=str(error)
            ) from error
        return self._connection() or self._open()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=self._timeout, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        with self._lock:
            if self._pid != os.getpid():
                # SQLite forbids to use or close a connection that was made before a fork
                self._pid, self._opened = os.getpid(), []
            self._opened.append(connection)
        self._local.pid, self._local.connection = os.getpid(), connection
        return connection

    def close(self) -> None:
        """Close the connections of all threads; the next call opens new ones."""
        with self._lock:
            opened, self._opened = self._opened, []
            if self._pid == os.getpid():
                for connection in opened:
                    connection.close()
            self._local = threading.local()


def _key_and_age(row: OnlineRow) -> tuple[bytes, int, int]:
    return row[0], row[1], row[2]


def _encoded(name: str) -> str:
    """Return a table name that differs when `name` does: SQLite's ignore the case of letters."""
    return "".join(f"^{sign.lower()}" if sign.isupper() else sign for sign in name)


def _quoted(name: str) -> str:
    return '"' + _encoded(name).replace('"', '""') + '"'


@lru_cache(maxsize=1024)
def _create(name: str) -> str:
    return (
        f"CREATE TABLE IF NOT EXISTS {_quoted(name)} (key BLOB PRIMARY KEY, "
        "event_ts INTEGER NOT NULL, created_ts INTEGER NOT NULL, value BLOB NOT NULL"
        ") WITHOUT ROWID"
    )


@lru_cache(maxsize=1024)
def _upsert(name: str) -> str:
    table = _quoted(name)
    return (
        f"INSERT INTO {table} AS stored VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "  # noqa: S608
        "event_ts = excluded.event_ts, created_ts = excluded.created_ts, value = excluded.value "
        "WHERE (excluded.event_ts, excluded.created_ts) >= (stored.event_ts, stored.created_ts)"
    )


@lru_cache(maxsize=8192)
def _select(name: str, keys: int) -> str:
    columns = "key, event_ts, created_ts, value"
    marks = ", ".join("?" * keys)
    return f"SELECT {columns} FROM {_quoted(name)} WHERE key IN ({marks})"  # noqa: S608 - quoted
