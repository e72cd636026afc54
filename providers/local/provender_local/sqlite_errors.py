"""SQLite's errors in the project's form."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provender.errors import StoreError


@contextmanager
def sqlite_errors(path: Path, timeout_seconds: float) -> Iterator[None]:
    """Turn what SQLite raises inside into a StoreError that says what to do.

    Args:
        path: The database file.
        timeout_seconds: How long another writer was waited for.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise _typed(error, path, timeout_seconds) from error


def _typed(error: sqlite3.Error, path: Path, timeout_seconds: float) -> StoreError:
    text, code = str(error), getattr(error, "sqlite_errorcode", 0) & 0xFF
    got = f"{path}: {text}"
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(
            f"the online store is locked by another process for over {timeout_seconds:g} s",
            got=got,
            fix="wait for the other writer, or raise online_store.timeout_seconds",
        )
    if code == sqlite3.SQLITE_FULL:
        return StoreError(
            "the disk of the online store is full",
            got=got,
            fix="free some space and run again; nothing of the last batch was written",
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return StoreError(
            "the online store is damaged or not an SQLite file",
            got=got,
            fix="move the file away, then apply and materialize again",
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StoreError(
            "the online store cannot be opened for writing",
            got=got,
            fix="check the path and the permissions of the file and its directory",
        )
    return StoreError("the online store failed", got=got)
