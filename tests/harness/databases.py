"""DuckDB's databases in memory, lent again when they have been closed: to open one takes 20 ms.

The local provider opens a database for each store and sets anew all that it needs. A test that
looks at the end of a database asks for new ones: ``@pytest.mark.usefixtures("new_databases")``;
the long tier has new ones alone.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest.mock import patch

import duckdb
import pytest

from harness.tiers import WHOLE

_IN_MEMORY = ":memory:"
_connect = duckdb.connect


@dataclass
class _Database:
    """A database: our connection, which keeps it open, and the one that is lent."""

    ours: duckdb.DuckDBPyConnection
    lent: duckdb.DuckDBPyConnection

    def is_free(self) -> bool:
        """Return whether the borrower has closed it."""
        try:
            self.lent.execute("")
        except duckdb.ConnectionException:
            return True
        return False

    def is_as_new(self) -> bool:
        """Undo what a store does not always set; return whether that could be done."""
        try:
            self.ours.execute("SET GLOBAL temp_directory = ''; RESET GLOBAL threads")
        except duckdb.Error:  # it has spilled, and keeps its folder
            return False
        return True


class _Library:
    """Lends databases in memory, in the place of `duckdb.connect`."""

    def __init__(self) -> None:
        self._databases = defaultdict[int, list[_Database]](list)  # a fork cannot use its parent's
        self._names = (f"{_IN_MEMORY}{number}" for number in count())

    def __call__(self, *place: Any, **settings: Any) -> duckdb.DuckDBPyConnection:
        if place != (_IN_MEMORY,) or settings:
            return _connect(*place, **settings)
        here = self._databases[os.getpid()]
        for database in [one for one in here if one.is_free()]:
            if database.is_as_new():
                database.lent = database.ours.cursor()
                return database.lent
            here.remove(database)
            database.ours.close()
        ours = _connect(next(self._names))
        here.append(_Database(ours, ours.cursor()))
        return here[-1].lent


def pytest_configure() -> None:
    if not WHOLE and duckdb.connect is _connect:
        duckdb.connect = _Library()


@pytest.fixture
def new_databases() -> Iterator[None]:
    """Let what the test opens be new, and end when it is closed."""
    with patch.object(duckdb, "connect", _connect):
        yield
