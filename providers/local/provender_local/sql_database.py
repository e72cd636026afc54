"""One database that may not be there yet: queries, transactions, and what can go wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provender.clock import seconds_text
from provender.errors import RegistryError
from provender_local.sql_url import is_sqlite, local_file, open_engine, shown
from provender_local.sqlite_errors import SqliteFile, is_missing_table

if TYPE_CHECKING:
    import sqlalchemy as sa

_LOCK_NOT_AVAILABLE = "55P03"
"""PostgreSQL's code of a lock that was waited for too long."""


class SqlDatabase:
    """Some tables in a database; the first change makes them, a query never does.

    Args:
        url: An SQLAlchemy URL.
        tables: The tables.
        timeout_seconds: How long to wait for another writer, or for a server to answer.
        folder: Where the relative path of an SQLite file starts.

    Raises:
        RegistryError: The URL is not one, or its driver is missing.
    """

    def __init__(
        self, url: str | sa.URL, tables: sa.MetaData, timeout_seconds: float, folder: Path
    ) -> None:
        self._engine = open_engine(url, timeout_seconds, folder)
        self._timeout = timeout_seconds
        self._tables = tables
        self._path = local_file(self._engine.url)
        self._file = SqliteFile(
            self._path or Path(self._engine.url.database or ""),
            "registry",
            "registry",
            "restore the file from a backup, or move it away and apply again",
            timeout_seconds,
        )

    def query(self, statement: sa.Select[Any]) -> Sequence[Sequence[Any]]:
        """Return the rows of a query; none when the file or the tables are not there yet.

        Raises:
            RegistryError: The database cannot be read.
        """
        import sqlalchemy as sa

        with self._errors():
            if not self.exists():
                return []
            try:
                return self._fetch(statement)
            except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
                if not _may_lack_tables(error):
                    raise
                # another process may have made the tables just now
                return self._fetch(statement) if self._has_tables() else []

    def change(self, work: Callable[[sa.Connection], None]) -> None:
        """Run `work` in one transaction.

        Raises:
            sqlalchemy.exc.IntegrityError: A key was there already; nothing was changed.
            RegistryError: The database cannot be written; nothing was changed.
        """
        import sqlalchemy as sa

        with self._errors():
            if self._path is not None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._commit(work)
            except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:
                if not _may_lack_tables(error):
                    raise
                self._make_tables()
                self._commit(work)

    def exists(self) -> bool:
        """Return False when the database is a file that is not there."""
        return self._path is None or self._path.exists()

    def close(self) -> None:
        """Release what the engine holds."""
        self._engine.dispose()

    def _fetch(self, statement: sa.Select[Any]) -> Sequence[Sequence[Any]]:
        with self._engine.connect() as connection:
            return connection.execute(statement).all()

    def _commit(self, work: Callable[[sa.Connection], None]) -> None:
        with self._engine.connect() as connection:
            self._begin(connection)
            work(connection)
            connection.commit()

    def _begin(self, connection: sa.Connection) -> None:
        if is_sqlite(self._engine.url):
            # wait for another writer here, where SQLite lets us wait
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif self._engine.dialect.name == "postgresql":
            limit = round(self._timeout * 1000)
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {limit}")

    def _make_tables(self) -> None:
        """Make the tables; another process may make them, one by one, at the same time."""
        import sqlalchemy as sa

        for attempts_left in reversed(range(len(self._tables.tables) + 1)):
            try:
                self._commit(self._tables.create_all)
            except sa.exc.DBAPIError:
                if self._has_tables():
                    return
                if not attempts_left:
                    raise
            else:
                return

    def _has_tables(self) -> bool:
        import sqlalchemy as sa

        with self._engine.connect() as connection:
            inspector = sa.inspect(connection)
            return all(map(inspector.has_table, self._tables.tables))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what the database reports into RegistryErrors; a broken key is left as it is."""
        import sqlalchemy as sa

        try:
            yield
        except sa.exc.IntegrityError:
            raise
        except sa.exc.DBAPIError as error:
            if isinstance(error.orig, sqlite3.Error):
                raise RegistryError.of([self._file.problem(error.orig)]) from error
            if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise self._locked() from error
            raise self._failed(str(error.orig), reached=error.statement is not None) from error
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise self._failed(str(error), reached=False) from error

    def _locked(self) -> RegistryError:
        return RegistryError(
            f"the registry is locked by another transaction for over {seconds_text(self._timeout)}",
            got=shown(self._engine.url),
            fix="end the transaction that holds it, or raise registry.timeout_seconds",
        )

    def _failed(self, text: str, *, reached: bool) -> RegistryError:
        if reached:
            fact, fix = (
                "the registry's database rejected the request",
                "check the permissions of its user",
            )
        else:
            fact = "the registry's database cannot be reached"
            fix = "check the registry's address, that the database runs and its user may connect"
        password = self._engine.url.password
        text = text.strip().replace(str(password), "***") if password else text.strip()
        return RegistryError(fact, got=f"{shown(self._engine.url)}: {text}", fix=fix)


def _may_lack_tables(error: sa.exc.DBAPIError) -> bool:
    """Return whether a statement may have failed since the tables were never made."""
    if isinstance(error.orig, sqlite3.Error):
        return is_missing_table(error.orig)
    return error.statement is not None
