"""A real PostgreSQL on a free loopback port, with a cluster of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from provender.testing.processes import run
from provender.testing.servers import HOST, free_port, running


@contextmanager
def postgres_server(*options):
    """Run a server while the block runs, and yield its port; everybody is let in."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("pg_isready")
    if not folders and not on_path:
        pytest.skip("PostgreSQL is not installed")
    tools, port = folders[-1] if folders else Path(str(on_path)).parent, free_port()
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="provender-postgres-"))
    try:
        if user:
            shutil.chown(folder, user)
        make = [tools / "initdb", "-D", folder / "data", "-U", "postgres", "-A", "trust"]
        make += ["-E", "UTF8", "--locale=C", "--no-sync"]
        run(make, user=user, cwd=folder)
        serve = [tools / "postgres", "-D", folder / "data", "-p", str(port), "-h", HOST]
        settings = [f"unix_socket_directories={folder}", "fsync=off", "jit=off"]
        settings += ["max_connections=200"]
        ask = [tools / "pg_isready", "-q", "-h", HOST, "-p", str(port)]
        with running(
            [*serve, *(f"--{setting}" for setting in (*settings, *options))],
            ready=lambda: run(ask, code=None).returncode == 0,
            log=folder / "postgres.log",
            user=user,
        ):
            yield port
    finally:
        shutil.rmtree(folder, ignore_errors=True)
