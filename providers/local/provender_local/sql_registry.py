"""The registry of the local provider: documents in an SQLite file or any SQL database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from provender.clock import Clock, to_us
from provender.errors import Conflict
from provender.plugin import Document, PluginContext, Registry
from provender_local.configuration import FileRegistryConfig, SqlRegistryConfig
from provender_local.sql_database import SqlDatabase
from provender_local.sql_url import sqlite_url

if TYPE_CHECKING:
    import sqlalchemy as sa

__all__ = ["SqlRegistry", "sqlite_url"]

_LONGEST_NAME = 255
_LARGEST_PAYLOAD = 2**32 - 1  # makes MySQL choose LONGBLOB
_FILL_HEADS = (
    "INSERT INTO provender_heads (name, version) "
    "SELECT name, max(version) FROM provender_documents GROUP BY name"
)


class SqlRegistry(Registry):
    """A row per version of each document, and a row per document that says which is its newest.

    The latter is changed first in every transaction, only from the version that is expected.
    Databases let one transaction at a time change a row, so of two writers the later one finds
    another version. The tables are made by the first write; reading makes nothing.

    Args:
        url: An SQLAlchemy URL.
        clock: Returns the current time, for the times of writing.
        timeout_seconds: How long to wait for another writer, or for a server to answer.
        folder: Where the relative path of an SQLite file starts; by default the current one.

    Raises:
        RegistryError: The URL is not one, or its driver is not installed.
    """

    def __init__(
        self,
        url: str | sa.URL,
        clock: Clock,
        timeout_seconds: float = 30.0,
        folder: Path | None = None,
    ) -> None:
        import sqlalchemy as sa

        self._clock = clock
        tables = sa.MetaData()
        self._versions, self._heads = _version_table(tables), _head_table(tables)
        self._database = SqlDatabase(url, tables, timeout_seconds, folder or Path.cwd())

    def read(self, name: str) -> Document | None:
        """Return the newest version of a document, or None when there is none."""
        newest = self._select(name).order_by(self._versions.c.version.desc()).limit(1)
        rows = self._database.query(newest)
        return Document(*rows[0]) if rows else None

    def read_version(self, name: str, version: int) -> Document | None:
        """Return one version of a document, or None if it has no version of that number."""
        rows = self._database.query(self._select(name).where(self._versions.c.version == version))
        return Document(*rows[0]) if rows else None

    def history(self, name: str) -> list[Document]:
        """Return the versions of a document, oldest first."""
        rows = self._database.query(self._select(name).order_by(self._versions.c.version))
        return [Document(*row) for row in rows]

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of all documents that begin with `prefix`, sorted."""
        import sqlalchemy as sa

        names = self._heads.c.name
        rows = self._database.query(
            sa.select(names).where(names.startswith(prefix, autoescape=True))
        )
        # LIKE of some databases ignores case
        return sorted(name for (name,) in rows if name.startswith(prefix))

    def write(self, name: str, payload: bytes, expected_version: int) -> int:
        """Write the next version of a document and return its number."""
        return self._write(name, payload, expected_version, keep_history=True)

    def replace(self, name: str, payload: bytes, expected_version: int) -> int:
        """Write the next version of a document and remove the earlier ones."""
        return self._write(name, payload, expected_version, keep_history=False)

    def _write(
        self, name: str, payload: bytes, expected_version: int, *, keep_history: bool
    ) -> int:
        import sqlalchemy as sa

        version, written_us = expected_version + 1, to_us(self._clock())
        versions = self._versions
        row = {"name": name, "version": version, "payload": payload, "written_us": written_us}
        older = (versions.c.name == name) & (versions.c.version < version)

        def swap(connection: sa.Connection) -> None:
            self._advance(connection, name, expected_version)
            connection.execute(sa.insert(versions).values(row))
            if not keep_history:
                connection.execute(sa.delete(versions).where(older))

        try:
            self._database.change(swap)
        except (sa.exc.IntegrityError, _Stale) as error:
            raise self._conflict(name, expected_version) from error
        return version

    def delete(self, name: str, expected_version: int) -> None:
        """Remove a document with its history."""
        import sqlalchemy as sa

        if expected_version == 0 and self.read(name) is None:
            return
        heads, versions = self._heads, self._versions

        def remove(connection: sa.Connection) -> None:
            found = (heads.c.name == name) & (heads.c.version == expected_version)
            if connection.execute(sa.delete(heads).where(found)).rowcount != 1:
                raise _Stale
            connection.execute(sa.delete(versions).where(versions.c.name == name))

        if not self._database.exists():
            raise self._conflict(name, expected_version)
        try:
            self._database.change(remove)
        except _Stale as error:
            raise self._conflict(name, expected_version) from error

    def _select(self, name: str) -> sa.Select[Any]:
        import sqlalchemy as sa

        columns = self._versions.c
        wanted = (columns.payload, columns.version, columns.written_us)
        return sa.select(*wanted).where(columns.name == name)

    def _advance(self, connection: sa.Connection, name: str, version: int) -> None:
        import sqlalchemy as sa

        heads = self._heads
        if version == 0:
            connection.execute(sa.insert(heads).values(name=name, version=1))
            return
        found = (heads.c.name == name) & (heads.c.version == version)
        advanced = sa.update(heads).where(found).values(version=version + 1)
        if connection.execute(advanced).rowcount != 1:
            raise _Stale

    def _conflict(self, name: str, expected: int) -> Conflict:
        found = self.read(name)
        return Conflict(
            f"document {name!r} was changed by somebody else",
            got=f"version {found.version if found else 0}",
            allowed=f"version {expected}",
            fix="read it again and repeat the change",
        )

    def close(self) -> None:
        """Release connections."""
        self._database.close()


class _Stale(Exception):  # noqa: N818 - ends a transaction, never leaves this module
    """The document has not the version that is expected."""


def _name_column() -> sa.Column[str]:
    import sqlalchemy as sa

    # by default these two take names that differ in case for one
    text = sa.String(_LONGEST_NAME).with_variant(
        sa.String(_LONGEST_NAME, collation="utf8mb4_bin"), "mysql", "mariadb"
    )
    text = text.with_variant(sa.String(_LONGEST_NAME, collation="Latin1_General_BIN2"), "mssql")
    return sa.Column("name", text, primary_key=True)


def _version_table(tables: sa.MetaData) -> sa.Table:
    import sqlalchemy as sa

    return sa.Table(
        "provender_documents",
        tables,
        _name_column(),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("written_us", sa.BigInteger, nullable=False),
        sa.Column("payload", sa.LargeBinary(_LARGEST_PAYLOAD), nullable=False),
    )


def _head_table(tables: sa.MetaData) -> sa.Table:
    import sqlalchemy as sa

    newest = sa.Column("version", sa.BigInteger, nullable=False)
    heads = sa.Table("provender_heads", tables, _name_column(), newest)
    # a registry of before this table existed goes on where it is
    fill = sa.DDL(_FILL_HEADS)  # type: ignore[no-untyped-call]
    sa.event.listen(heads, "after_create", fill)
    return heads


def file_registry(config: FileRegistryConfig, context: PluginContext) -> SqlRegistry:
    """Return the registry in a file that a configuration names."""
    url = sqlite_url(context.repo_path / config.path)
    return SqlRegistry(url, context.clock, config.timeout_seconds)


def sql_registry(config: SqlRegistryConfig, context: PluginContext) -> SqlRegistry:
    """Return the registry in a database that a configuration names."""
    return SqlRegistry(config.url, context.clock, config.timeout_seconds, context.repo_path)
