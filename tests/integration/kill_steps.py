"""`Steps`: counts what a process does to its files, and kills it at one of these steps.

A step is an SQLite statement as it begins, each row of a batch and each COMMIT among them, a file
that is opened for writing, renamed or removed, a directory that is made, and the end of the work.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from typing import Any

_FILES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate", "os.link", "os.symlink")
_WRITING = os.O_WRONLY | os.O_RDWR
END = "end"


class Steps:
    """The steps of this process.

    Args:
        deadly: The number of the step, from 1, at whose beginning the process is killed; 0: none.
    """

    def __init__(self, deadly: int = 0) -> None:
        self.names: list[str] = []
        self._deadly = deadly
        self._lock = threading.Lock()

    def watch(self) -> None:
        """Begin to count; that cannot be taken back in this process."""
        sys.dont_write_bytecode = True  # whether a module is compiled depends on earlier runs
        sys.addaudithook(self._hear)
        connect = sqlite3.connect

        def connect_and_trace(*args: Any, **named: Any) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*args, **named)
            connection.set_trace_callback(self.note)
            return connection

        for module in (sqlite3, sqlite3.dbapi2):
            vars(module)["connect"] = connect_and_trace

    def note(self, name: str) -> None:
        """Count one step; the process ends here when it is the deadly one."""
        with self._lock:
            self.names.append(name)
            if len(self.names) == self._deadly:
                os.kill(os.getpid(), signal.SIGKILL)

    def _hear(self, event: str, args: tuple[Any, ...]) -> None:
        if event in _FILES or (event == "open" and _writes(*args)):
            self.note(event)


def _writes(path: object, mode: str | None, flags: int) -> bool:
    return path != os.devnull and bool(flags & _WRITING)


def points(names: Sequence[str], count: int) -> list[int]:
    """Return the numbers of steps at which to kill: `count`, spread over the whole run.

    Among them are the first step, the last, and those before and after each commit, or as many
    of these as there may be.

    Args:
        names: The steps of a clean run.
        count: How many.
    """
    commits = {n for n, name in enumerate(names, 1) if name.strip().upper().startswith("COMMIT")}
    chosen = {1, len(names), *commits, *(n + 1 for n in commits)}
    assert count <= len(names), (count, len(names))
    if len(chosen) > count:
        most = sorted(chosen)
        return [most[n * (len(most) - 1) // (count - 1)] for n in range(count)]
    gaps = sorted(set(range(1, len(names) + 1)) - chosen)
    more = count - len(chosen)
    return sorted([*chosen, *(gaps[(2 * n + 1) * len(gaps) // (2 * more)] for n in range(more))])
