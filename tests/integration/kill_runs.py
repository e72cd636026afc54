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
from importlib import import_module
from pathlib import Path

from kill_steps import END, Steps, points

from provender.catalog.versions.history import CatalogHistory
from provender.cli import main
from provender.clock import system_clock
from provender.definitions import FileSource
from provender_local.sql_registry import SqlRegistry, sqlite_url

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


def views(repository: Path) -> list[str]:
    """Return the registered views."""
    registry = SqlRegistry(sqlite_url(repository / "registry.db"), system_clock)
    names = CatalogHistory("test", registry, lambda kind: FileSource).newest().view_names
    registry.close()
    return names


def state(repository: Path, what: str) -> object:
    """Return what the command changes."""
    return online_rows(repository) if what == "materialize" else views(repository)


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
    what = arguments[0]
    clean, names = clean_run(origin, arguments)
    before, after = state(origin, what), state(clean, what)
    print(json.dumps(names), flush=True)
    for step in points(names, kills):
        copy = origin.with_name(f"kill-{step}")
        shutil.copytree(origin, copy)
        killed = finish(start(copy, arguments, step)) == -signal.SIGKILL
        between = state(copy, what)
        place = "before" if between == before else "after" if between == after else "between"
        again = finish(start(copy, arguments))
        equal = state(copy, what) == after
        print(json.dumps([step, killed, place, again, equal]), flush=True)
        shutil.rmtree(copy)


if __name__ == "__main__":
    run(Path(sys.argv[1]), sys.argv[3:], int(sys.argv[2]))
