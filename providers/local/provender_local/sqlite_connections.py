"""Connections to one SQLite file: lent to one caller at a time, never carried over a fork."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from functools import cache
from pathlib import Path

from provender_local.sqlite_errors import primary_code

_PRAGMAS = (
    "page_size = 8192",  # of a new file; rows in random order are loaded faster than with 4096
    "synchronous = NORMAL",  # survives a kill; syncs to the disk at checkpoints only
    "cache_size = -65536",  # 64 MB, so that pages of random keys are not read over and over
    "wal_autocheckpoint = 8192",  # pages: a bulk load checkpoints every 64 MB
)
_RETRY_SECONDS = 0.005


class _Connection(sqlite3.Connection):
    """A connection that knows the pool that it belongs to."""

    pool: _Pool


class _Pool:
    """The idle connections of one process to one file."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.lock = threading.Lock()
        self.idle: list[_Connection] = []
        self.file: tuple[int, int] | None = None


_inherited: list[_Pool] = []
"""Pools made before a fork: SQLite forbids to use their connections, and to close them too."""
_all: weakref.WeakSet[SqliteConnections] = weakref.WeakSet()


class SqliteConnections:
    """Lends connections; there are as many as were ever needed at the same time.

    Args:
        path: The database file.
        timeout_seconds: How long to wait for another writer.
    """

    def __init__(self, path: Path, timeout_seconds: float) -> None:
        self._path = path
        self._timeout = timeout_seconds
        self._pool = _Pool()
        _watch_forks()
        _all.add(self)

    def take(self) -> _Connection | None:
        """Return a connection, or None when there is no file.

        Raises:
            sqlite3.Error: The file cannot be opened.
        """
        pool = self._pool
        with pool.lock:
            if pool.idle:
                return pool.idle.pop()
        return self._open(pool) if self._path.exists() else None

    def take_for_writing(self) -> _Connection:
        """Return a connection to the file, which is made if there is none; see `moved`.

        Raises:
            sqlite3.Error: The file cannot be opened.
            OSError: Its directory cannot be made.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        return self.take() or self._open(self._pool)

    def give_back(self, connection: _Connection) -> None:
        """Keep a connection for the next caller, or close it when its pool is closed."""
        pool = connection.pool
        with pool.lock:
            if pool is self._pool:
                pool.idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close the connections, those that are lent when they come back."""
        pool = self._pool
        if pool.pid != os.getpid():
            return
        with pool.lock:
            self._pool = _Pool()
            idle, pool.idle = pool.idle, []
        for connection in idle:
            connection.close()

    def leave_to_parent(self) -> None:
        """Begin with no connections, in a process that was just forked."""
        _inherited.append(self._pool)
        self._pool = _Pool()

    def moved(self) -> bool:
        """Return whether the file that is open was deleted or replaced."""
        opened = self._pool.file
        return opened is not None and opened != _identity(self._path)

    def _open(self, pool: _Pool) -> _Connection:
        connection: _Connection = sqlite3.connect(
            self._path,
            timeout=self._timeout,
            isolation_level=None,
            check_same_thread=False,
            factory=_Connection,
        )
        try:
            for pragma in _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            self._log_ahead(connection)
        except BaseException:
            connection.close()
            raise
        connection.pool, pool.file = pool, _identity(self._path)
        return connection

    def _log_ahead(self, connection: sqlite3.Connection) -> None:
        """Put a new file into WAL mode; SQLite does not wait when several do so at once."""
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                busy = primary_code(error) == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_SECONDS)
            else:
                return


@cache
def _watch_forks() -> None:
    """Ask to be told of forks: to ask for the process id is a call of the system for each read."""
    os.register_at_fork(after_in_child=_forked)


def _forked() -> None:
    for connections in list(_all):
        connections.leave_to_parent()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino
