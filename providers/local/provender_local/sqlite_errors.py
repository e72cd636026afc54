"""SQLite's errors in the project's words: what happened and what to do about it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from provender.clock import seconds_text
from provender.errors import Problem

_FULL = sqlite3.SQLITE_FULL
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_CLOSED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)


@dataclass(frozen=True)
class SqliteFile:
    """A database file, as messages speak of it.

    Attributes:
        path: Where it is.
        what: What it holds, such as ``online store``.
        section: The section of feature_store.yaml that sets it.
        recovery: What to do when it is damaged.
        timeout_seconds: How long another writer is waited for.
    """

    path: Path
    what: str
    section: str
    recovery: str
    timeout_seconds: float

    def problem(self, error: sqlite3.Error) -> Problem:
        """Return what `error` says of this file, and what to do."""
        fact, fix = self._explained(error)
        return Problem(fact, got=f"{self.path}: {error}", fix=fix)

    def _explained(self, error: sqlite3.Error) -> tuple[str, str | None]:
        code = primary_code(error)
        if code in _LOCKED:
            waited = seconds_text(self.timeout_seconds)
            fact = f"the {self.what} is locked by another process for over {waited}"
            return fact, f"wait for the other writer, or raise {self.section}.timeout_seconds"
        if code == _FULL:
            fact = f"the disk of the {self.what} is full"
            return fact, "free some space, then run again; nothing of the last write was kept"
        if code in _DAMAGED:
            return f"the {self.what} is damaged or not an SQLite file", self.recovery
        if code in _CLOSED:
            fact = f"the {self.what} cannot be opened for writing"
            return fact, "check the path and the permissions of the file and its directory"
        if code == sqlite3.SQLITE_IOERR:
            fact = f"the disk of the {self.what} failed, or a limit on its files was reached"
            return (
                fact,
                "check the disk, quotas and limits, then run again; nothing was partly written",
            )
        return f"the {self.what} failed", None


def primary_code(error: BaseException | None) -> int:
    """Return SQLite's primary result code of an error, 0 where it has none."""
    code = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF if isinstance(code, int) else 0


def is_missing_table(error: BaseException | None) -> bool:
    """Return whether a statement failed because its table does not exist."""
    return isinstance(error, sqlite3.OperationalError) and "no such table" in str(error)
