"""Runs a command of ``provender`` in forked children and kills them, each at another step.

One process imports once what a clean run needed, and forks, so that a run costs little. Prints
JSON lines: the steps of the clean run, then for each kill what it left and how the rerun ended.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from datetime import timedelta
from importlib import import_module
from pathlib import Path

from kill_steps import END, Steps, points

from provender import FeatureStore
from provender.catalog.catalog import Catalog
from provender.catalog.versions.history import CatalogHistory
from provender.cli import main
from provender.clock import system_clock
from provender.definitions import FileSource
from provender_local.sql_registry import SqlRegistry, sqlite_url
from provender_local.sqlite_tables import quoted_name

IMPORTED_ONCE = (
    "provender",
    "provender_local",
    "duckdb",
    "pandas",
    "pyarrow",
    "sqlalchemy",
    "sqlglot",
)


def start(repository: Path, arguments: list[str], deadly: int = 0) -> int:
    """Fork a child that runs the command, and return its process id.

    Args:
        repository: Where to run it; a child that comes to its end writes its steps beside it.
        arguments: Those of the command.
        deadly: The number of the step at which the child is killed; 0: none.
    """
    child = os.fork()
    if not child:
        os._exit(_work(repository, arguments, deadly))
    return child


def _work(repository: Path, arguments: list[str], deadly: int) -> int:
    os.chdir(repository)
    sys.argv = ["provender", *arguments]
    log = os.open(repository.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream, file in enumerate((os.open(os.devnull, os.O_RDWR), log, log)):
        os.dup2(file, stream)
    signal.alarm(300)
    steps = Steps(deadly)
    steps.watch()
    try:
        main()
    except SystemExit as end:
        code = int(end.code or 0)
    steps.note(END)
    repository.with_suffix(".steps").write_text(json.dumps([steps.names, sorted(sys.modules)]))
    if kind(arguments) in ("rebuild", "fill") and not deadly:
        drop_unused(repository)
    return code


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


def newest(repository: Path) -> Catalog:
    """Return the catalog."""
    registry = SqlRegistry(sqlite_url(repository / "registry.db"), system_clock)
    catalog = CatalogHistory("test", registry, lambda kind: FileSource).newest()
    registry.close()
    return catalog


def views(repository: Path) -> list[str]:
    """Return the registered views."""
    return newest(repository).view_names


def served(repository: Path) -> list[tuple[object, ...]]:
    """Return the online rows of the generation of each view that is read."""
    found = newest(repository).views()
    tables = {quoted_name(view.table).strip('"'): view.name for view in found}
    rows = [(tables[name], *row) for name, *row in online_rows(repository) if name in tables]
    return sorted(rows)


def drop_unused(repository: Path) -> None:
    """Let a run drop the tables that nobody can be reading on the next day."""
    with FeatureStore(repository, clock=lambda: system_clock() + timedelta(days=1)) as store:
        store.materialize_incremental(store.stores.clock(), ["stats_0"])


def left(repository: Path) -> object:
    """Return what is left once `drop_unused` was done.

    It has no numbers of generations, of which a command that was killed has used some.
    """
    registry = SqlRegistry(sqlite_url(repository / "registry.db"), system_clock)
    documents = sorted(name.partition(".")[0] for name in registry.names("test/"))
    registry.close()
    tables = {name for name, *_ in online_rows(repository)}
    return [served(repository), documents, len(tables), newest(repository).document["filling"]]


STATES = {"materialize": online_rows, "apply": views, "rebuild": served, "fill": served}
"""What each command changes."""
ENDS = {**STATES, "rebuild": left, "fill": left}
"""What there is when a command has come to its end."""


def kind(arguments: list[str]) -> str:
    """Return what kind of command it is."""
    return "fill" if "--fill" in arguments else arguments[0]


def clean_run(origin: Path, arguments: list[str]) -> tuple[Path, list[str]]:
    """Run the command to its end on a copy; return the copy and the steps that it took."""
    tempfile.gettempdir()  # tries a file when it is first asked for, in whatever thread that is
    clean = origin.with_name("clean")
    shutil.copytree(origin, clean)
    code = finish(start(clean, arguments))
    assert code == 0, clean.with_suffix(".log").read_text()
    names, modules = json.loads(clean.with_suffix(".steps").read_text())
    for module in modules:
        if module.partition(".")[0] in IMPORTED_ONCE:
            import_module(module)
    return clean, names


def run(origin: Path, arguments: list[str], kills: int) -> None:
    """Kill the command at so many of its steps, each time on a copy of `origin`."""
    state, end = STATES[kind(arguments)], ENDS[kind(arguments)]
    clean, names = clean_run(origin, arguments)
    before, after, wanted = state(origin), state(clean), end(clean)
    print(json.dumps(names), flush=True)
    for step in points(names, kills):
        copy = origin.with_name(f"kill-{step}")
        shutil.copytree(origin, copy)
        killed = finish(start(copy, arguments, step)) == -signal.SIGKILL
        between = state(copy)
        place = "before" if between == before else "after" if between == after else "between"
        again = finish(start(copy, arguments))
        equal = end(copy) == wanted
        print(json.dumps([step, killed, place, again, equal]), flush=True)
        shutil.rmtree(copy)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[3:], int(sys.argv[2]))
