"""From a URL to an SQLAlchemy engine, or to a message that shows no password."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from provender.errors import RegistryError

if TYPE_CHECKING:
    import sqlalchemy as sa

_ALLOWED = "such as sqlite:///registry.db or postgresql+psycopg://user@host/name"
_DISTRIBUTIONS = {
    "MySQLdb": "mysqlclient",
    "oracledb": "oracledb",
    "psycopg": "psycopg[binary]",
    "psycopg2": "psycopg2-binary",
}
"""Drivers whose distribution has another name than their module."""
_CONNECT_TIMEOUTS = {
    "mysqlconnector": "connection_timeout",
    "mysqldb": "connect_timeout",
    "psycopg": "connect_timeout",
    "psycopg2": "connect_timeout",
    "pymysql": "connect_timeout",
}
"""What drivers call the seconds that they wait for a server to answer."""


def sqlite_url(path: Path) -> sa.URL:
    """Return the SQLAlchemy URL of an SQLite file, whatever signs its path is made of."""
    import sqlalchemy as sa

    return sa.URL.create("sqlite", database=str(path))


def open_engine(url: str | sa.URL, timeout_seconds: float, folder: Path) -> sa.Engine:
    """Return an engine for `url`; nothing is connected yet.

    A registry is asked a few times per command. So no connection is kept: none is carried over
    a fork, none goes stale, and any thread may ask.

    Args:
        url: An SQLAlchemy URL.
        timeout_seconds: How long to wait for another writer, or for a server to answer.
        folder: Where the relative path of an SQLite file starts.

    Raises:
        RegistryError: The URL is not one, or its driver is missing or cannot be used here.
    """
    import sqlalchemy as sa

    parsed = _located(_parsed(url), folder)
    arguments = _connect_arguments(parsed, timeout_seconds)
    try:
        engine = sa.create_engine(
            parsed, poolclass=sa.NullPool, connect_args=arguments, hide_parameters=True
        )
    except sa.exc.NoSuchModuleError as error:
        raise RegistryError(
            "the registry's URL cannot be read: SQLAlchemy has no such dialect",
            got=parsed.drivername,
            allowed=_ALLOWED,
            fix="check registry.url, or install the package that brings the dialect",
        ) from error
    except ImportError as error:
        raise _missing_driver(parsed, error) from error
    except (sa.exc.ArgumentError, TypeError) as error:
        fact = "the registry's URL cannot be used"
        raise RegistryError(fact, got=shown(parsed), allowed=_ALLOWED) from error
    _refuse_unfit(engine)
    return engine


def is_sqlite(url: sa.URL) -> bool:
    """Return whether the database is SQLite."""
    return url.get_backend_name() == "sqlite"


def local_file(url: sa.URL) -> Path | None:
    """Return the file of an SQLite database; None for one that is not a plain file."""
    plain = is_sqlite(url) and "uri" not in url.query and url.database
    return Path(url.database) if plain and url.database else None


def shown(url: sa.URL) -> str:
    """Return `url` for a message: without its password, and without options that may hold one."""
    return url.set(query={}).render_as_string(hide_password=True)


def _parsed(url: str | sa.URL) -> sa.URL:
    import sqlalchemy as sa

    try:
        return sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        # the text and its parser's message are kept back: they may hold a password
        raise RegistryError(
            "the registry's URL cannot be read",
            allowed=_ALLOWED,
            fix="check registry.url; in a password, write characters such as @ : / as %40 %3A %2F",
        ) from None


def _located(url: sa.URL, folder: Path) -> sa.URL:
    """Return `url` with the path of an SQLite file made absolute."""
    file = local_file(url)
    if file is None or url.database == ":memory:":
        return url
    return url.set(database=str(folder / file))


def _connect_arguments(url: sa.URL, timeout_seconds: float) -> dict[str, Any]:
    if is_sqlite(url):
        # sqlite3 must not begin transactions by itself: BEGIN IMMEDIATE has to be the first
        return {"timeout": timeout_seconds, "isolation_level": None}
    named = _CONNECT_TIMEOUTS.get(url.drivername.partition("+")[2])
    if named is None or named in url.query:
        return {}
    return {named: max(1, round(timeout_seconds))}


def _missing_driver(url: sa.URL, error: ImportError) -> RegistryError:
    module = error.name or url.get_driver_name()
    return RegistryError(
        "the registry's database driver is not installed",
        got=f"{url.drivername}: {error}",
        fix=f"pip install '{_DISTRIBUTIONS.get(module, module)}'",
    )


def _refuse_unfit(engine: sa.Engine) -> None:
    if engine.dialect.is_async:
        raise RegistryError(
            "the registry's database driver is asynchronous",
            got=engine.url.drivername,
            allowed="a synchronous driver",
            fix="use for example postgresql+psycopg or mysql+pymysql",
        )
    if is_sqlite(engine.url) and engine.url.database in (None, "", ":memory:"):
        raise RegistryError(
            "an in-memory database cannot hold a registry",
            got=shown(engine.url),
            fix="name a file, such as sqlite:///registry.db",
        )
