"""Runs a command of ``provender`` in forked children and kills some of them: ``kill -9``.

One process imports everything once and forks, so that two hundred runs take seconds. Prints JSON
lines: one for each kill, whether the child was killed and whether the rerun was well.
"""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import sqlite3
import sys
import time
from pathlib import Path

# imported once, for all children
import duckdb  # noqa: F401
import pyarrow.compute  # noqa: F401
import sqlalchemy.dialects.sqlite  # noqa: F401
import sqlglot.dialects.duckdb  # noqa: F401

import provender_local.duckdb_store
import provender_local.sqlite_store  # noqa: F401
from provender.catalog.history import CatalogHistory
from provender.cli import main
from provender.clock import system_clock
from provender.definitions import FileSource
from provender_local.sql_registry import SqlRegistry, sqlite_url


def start(repository: Path, arguments: list[str]) -> int:
    """Fork a child that runs the command, and return its process id."""
    child = os.fork()
    if child:
        return child
    os.chdir(repository)
    sys.argv = ["provender", *arguments]
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    try:
        main()
    except SystemExit as end:
        os._exit(int(end.code or 0))
    os._exit(0)


def finish(child: int) -> int:
    """Wait for a child and return its exit code; negative when a signal ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def online_rows(repository: Path) -> list[tuple[object, ...]]:
    """Return every row of the online store, by table and key."""
    file = repository / "online.db"
    if not file.exists():
        return []
    with sqlite3.connect(file) as connection:
        names = [
            n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        rows = [
            (n, *row) for n in sorted(names) for row in connection.execute(f'SELECT * FROM "{n}"')
        ]
    connection.close()
    return rows


def views(repository: Path) -> list[str]:
    """Return the registered views."""
    registry = SqlRegistry(sqlite_url(repository / "registry.db"), system_clock)
    names = CatalogHistory("test", registry, lambda kind: FileSource).newest().view_names
    registry.close()
    return names


def state(repository: Path, what: str) -> object:
    """Return what the command changes."""
    return online_rows(repository) if what == "materialize" else views(repository)


def run(origin: Path, arguments: list[str], kills: int) -> None:
    """Kill the command at random instants of its run, each time on a copy of `origin`."""
    what = arguments[0]
    clean = origin.with_name("clean")
    shutil.copytree(origin, clean)
    began = time.monotonic()
    assert finish(start(clean, arguments)) == 0
    length = time.monotonic() - began
    before, after = state(origin, what), state(clean, what)
    chance = random.Random(20260301)  # noqa: S311 - any instants will do
    for number in range(kills):
        copy = origin.with_name(f"kill-{number}")
        shutil.copytree(origin, copy)
        child = start(copy, arguments)
        select.select([], [], [], chance.uniform(0, length))
        os.kill(child, signal.SIGKILL)
        killed = finish(child) == -signal.SIGKILL
        between = state(copy, what)
        whole = what == "materialize" or between in (before, after)
        again = finish(start(copy, arguments))
        equal = state(copy, what) == after
        touched = between not in (before, after)
        print(json.dumps([killed, whole, again, equal, touched]), flush=True)
        shutil.rmtree(copy)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[3:], int(sys.argv[2]))
