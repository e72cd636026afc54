"""PostgreSQL from Debian's package, with a cluster of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from provender.testing.processes import run
from provender.testing.servers import HOST, free_port, running
from servers.install import program
from servers.shared import shared

_HINT = "python3 tests/servers/install.py postgres"
_ACCOUNT = "postgres"


@dataclass(frozen=True)
class PostgresServer:
    """A server that runs; whoever connects as ``postgres`` is let in.

    Attributes:
        port: Where it listens, on the loopback interface.
        process: Its process.
    """

    port: int
    process: subprocess.Popen[bytes]

    @property
    def dsn(self) -> str:
        """Its address for libpq, as ``postgresql://postgres@127.0.0.1:5432/postgres``."""
        return self.url("postgresql")

    def url(self, scheme: str = "postgresql+psycopg", database: str = "postgres") -> str:
        """Return the address of a database; by default as SQLAlchemy wants it."""
        return f"{scheme}://{_ACCOUNT}@{HOST}:{self.port}/{database}"


@contextmanager
def postgres_server(*options: str, port: int | None = None) -> Iterator[PostgresServer]:
    """Run a server while the block runs; skip the test when it cannot be had.

    Args:
        options: More settings, as ``max_connections=50``; by default nothing is synced to disk.
        port: Where it listens; None: on a port that is free.

    Yields:
        The server, which knows its address.
    """
    found = {name: program(name) for name in ("initdb", "postgres", "pg_isready")}
    if not all(found.values()):
        pytest.skip(f"PostgreSQL is not installed: {_HINT}")
    user = _user()
    port = port or free_port()
    with _folder(user) as folder:
        data = folder / "data"
        make = [found["initdb"], "-D", data, "-U", _ACCOUNT, "-A", "trust", "-E", "UTF8"]
        command = [*map(str, make), "--locale=C", "--no-sync"]
        run(command, user=user, cwd=folder)
        settings = (f"unix_socket_directories={folder}", "fsync=off", "jit=off", *options)
        serve = [found["postgres"], "-D", data, "-p", str(port), "-h", HOST]
        ask = [str(found["pg_isready"]), "-q", "-h", HOST, "-p", str(port)]
        with running(
            [str(part) for part in (*serve, *(f"--{setting}" for setting in settings))],
            ready=lambda: run(ask, code=None).returncode == 0,
            log=folder / "postgres.log",
            user=user,
        ) as process:
            yield PostgresServer(port, process)


@contextmanager
def shared_database() -> Iterator[tuple[PostgresServer, str]]:
    """Make a database on the server that tests share, and drop it in the end.

    Yields:
        The server, and the name of the database.
    """
    import psycopg

    server, name = shared("postgres"), f"tests_{uuid4().hex[:12]}"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield server, name
    finally:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _user() -> str | None:
    """Return the account to run as, since PostgreSQL refuses root; None: this one."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_ACCOUNT).pw_name
    except KeyError:
        pytest.skip(f"PostgreSQL does not run as root, and there is no other account: {_HINT}")


@contextmanager
def _folder(user: str | None) -> Iterator[Path]:
    """Make a folder that the server's account may enter; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="provender-postgres-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
