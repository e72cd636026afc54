"""The registry of the local provider: documents in an SQLite file or any SQL database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from provender.clock import Clock, to_us
from provender.errors import Conflict, RegistryError
from provender.plugin import Document, Registry

if TYPE_CHECKING:
    import sqlalchemy as sa

T = TypeVar("T")


def sqlite_url(path: Path) -> str:
    """Return the SQLAlchemy URL of an SQLite file."""
    from sqlalchemy.engine import URL

    return URL.create("sqlite", database=str(path)).render_as_string()


class SqlRegistry(Registry):
    """One row per version of a document; the primary key settles who was first.

    The table is made by the first write; reading makes nothing.

    Args:
        url: An SQLAlchemy URL.
        clock: Where the times of writing come from.
        timeout_seconds: How long to wait for another writer of an SQLite file.

    Raises:
        RegistryError: The URL is not one, or its driver is not installed.
    """

    def __init__(self, url: str, clock: Clock, timeout_seconds: float = 30.0) -> None:
        import sqlalchemy as sa

        self._clock = clock
        try:
            self._url = sa.make_url(url)
            sqlite = self._url.get_backend_name() == "sqlite"
            options = {"timeout": timeout_seconds} if sqlite else {}
            self._engine = sa.create_engine(self._url, connect_args=options)
        except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError) as error:
            allowed = "such as sqlite:///registry.db or postgresql+psycopg://user@host/name"
            raise RegistryError(
                "the registry's URL cannot be read", got=str(error), allowed=allowed
            ) from error
        except ModuleNotFoundError as error:
            raise RegistryError(
                "the registry's database driver is not installed",
                got=f"no module {error.name!r}",
                fix=f"pip install {error.name}",
            ) from error
        if sqlite:
            self._lock_when_begun()

    def _lock_when_begun(self) -> None:
        """Let each transaction take SQLite's write lock at once, as SQLAlchemy's docs advise."""
        import sqlalchemy as sa

        @sa.event.listens_for(self._engine, "connect")
        def manual(connection: sa.engine.interfaces.DBAPIConnection, record: object) -> None:
            connection.isolation_level = None

    @cached_property
    def _table(self) -> sa.Table:
        import sqlalchemy as sa

        return sa.Table(
            "provender_documents",
            sa.MetaData(),
            sa.Column("name", sa.String(255), primary_key=True),
            sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("written_us", sa.BigInteger, nullable=False),
            sa.Column("payload", sa.LargeBinary(2**32 - 1), nullable=False),
        )

    def read(self, name: str) -> Document | None:
        """Return the newest version of a document, or None when there is none."""
        import sqlalchemy as sa

        t = self._table.c
        query = sa.select(t.payload, t.version, t.written_us).where(t.name == name)
        query = query.order_by(t.version.desc()).limit(1)
        rows = self._query(lambda connection: connection.execute(query).all())
        return Document(*rows[0]) if rows else None

    def history(self, name: str) -> list[Document]:
        """Return all versions of a document, oldest first."""
        import sqlalchemy as sa

        t = self._table.c
        query = sa.select(t.payload, t.version, t.written_us).where(t.name == name)
        query = query.order_by(t.version)
        rows = self._query(lambda connection: connection.execute(query).all())
        return [Document(*row) for row in rows or []]

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of all documents that begin with `prefix`, sorted."""
        import sqlalchemy as sa

        query = sa.select(self._table.c.name).distinct()
        if prefix:
            query = query.where(self._table.c.name.startswith(prefix, autoescape=True))
        rows = self._query(lambda connection: connection.execute(query).scalars().all())
        return sorted(name for name in rows or [] if name.startswith(prefix))

    def write(self, name: str, payload: bytes, expected_version: int) -> int:
        """Write the next version of a document and return its number."""
        import sqlalchemy as sa

        row = {
            "name": name,
            "version": expected_version + 1,
            "written_us": to_us(self._clock()),
            "payload": payload,
        }
        try:
            with self._transaction() as connection:
                self._expect(connection, name, expected_version)
                connection.execute(sa.insert(self._table).values(row))
        except sa.exc.IntegrityError as error:
            raise _moved(name, expected_version) from error
        return expected_version + 1

    def delete(self, name: str, expected_version: int) -> None:
        """Remove a document with its history."""
        import sqlalchemy as sa

        with self._transaction() as connection:
            self._expect(connection, name, expected_version)
            connection.execute(sa.delete(self._table).where(self._table.c.name == name))

    def _expect(self, connection: sa.Connection, name: str, version: int) -> None:
        import sqlalchemy as sa

        newest = sa.select(sa.func.max(self._table.c.version)).where(self._table.c.name == name)
        found = connection.execute(newest).scalar() or 0
        if found != version:
            raise _moved(name, version, found)

    def _query(self, run: Callable[[sa.Connection], T]) -> T | None:
        """Run a query; None when the database or the table is not there yet."""
        import sqlalchemy as sa

        if self._file is not None and not self._file.exists():
            return None
        with self._errors():
            try:
                with self._engine.connect() as connection:
                    return run(connection)
            except (sa.exc.OperationalError, sa.exc.ProgrammingError):
                with self._engine.connect() as connection:
                    if not sa.inspect(connection).has_table(self._table.name):
                        return None
                    # the first writer may have made the table just now
                    return run(connection)

    @property
    def _file(self) -> Path | None:
        """The file of an SQLite database."""
        local = self._url.get_backend_name() == "sqlite" and self._url.database
        return Path(local) if local and local != ":memory:" else None

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:

        with self._errors():
            if self._file is not None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._engine.connect() as connection:
                if self._engine.dialect.name == "sqlite":
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    self._table.create(connection, checkfirst=True)
                    yield connection
                    connection.commit()
                except BaseException:
                    connection.rollback()
                    raise

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what the database reports into RegistryErrors; a broken key is left as it is."""
        import sqlalchemy as sa

        try:
            yield
        except sa.exc.IntegrityError:
            raise
        except sa.exc.DBAPIError as error:
            raise self._typed(str(error.orig)) from error
        except (sa.exc.SQLAlchemyError, OSError) as error:
            raise self._typed(str(error)) from error

    def _typed(self, text: str) -> RegistryError:
        where = self._url.render_as_string(hide_password=True)
        fixes = {
            "locked": "wait for the other writer, or raise registry.timeout_seconds",
            "not a database": "move the file away or restore it; it is no registry",
            "malformed": "restore the file from a backup; it is damaged",
            "full": "free some space and run again; nothing was written",
            "readonly": "check the permissions of the file and its directory",
            "unable to open": "check the path and the permissions of the file and its directory",
        }
        fix = next((fix for word, fix in fixes.items() if word in text.lower()), None)
        return RegistryError("the registry cannot be used", got=f"{where}: {text}", fix=fix)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def _moved(name: str, expected: int, found: int | None = None) -> Conflict:
    got = "another writer was first" if found is None else f"version {found}"
    return Conflict(
        f"document {name!r} was changed by somebody else",
        got=got,
        allowed=f"version {expected}",
        fix="read it again and repeat the change",
    )
