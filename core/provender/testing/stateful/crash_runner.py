"""`CrashSite`: where steps are taken that kill their process."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from provender.testing.processes import killed_after, started

_PATIENCE = 60
"""Seconds that a step may take, and the end of the process."""
_IMPORTED_ONCE = ("provender", "duckdb", "sqlalchemy", "sqlglot", "pyarrow", "msgspec")


class CrashSite:
    """A process that forks a child for each step that it is told; used as a context manager."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._running = ExitStack()

    def survives(self, order: str) -> bool:
        """Take the step of an order of `crash_worker`; whether its process came to the end.

        Raises:
            AssertionError: The step failed in another way than by being killed.
        """
        self._say(order)
        answer = _answer(self._process) if self._process else ""
        code = int(answer or "1")
        assert code in (0, -signal.SIGKILL), (
            f"a step in a process of its own failed (exit code {code}); see its traceback above"
        )
        return code == 0

    def close(self) -> None:
        """End the process; a later step starts another."""
        process, self._process = self._process, None
        if process is not None:
            with self._running.pop_all(), killed_after(_PATIENCE, process):
                process.communicate()

    def __enter__(self) -> CrashSite:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _say(self, line: str) -> None:
        if self._process is None:
            self._process = self._running.enter_context(_started())
            self._say(_modules())
        if self._process.stdin:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()


def _started() -> AbstractContextManager[subprocess.Popen[str]]:
    # -W ignore: forking is warned of where threads run, and here only imports have run
    command = [sys.executable, "-W", "ignore", "-m", "provender.testing.stateful.crash_worker"]
    pipe = subprocess.PIPE
    return started(command, stdin=pipe, stdout=pipe, cwd=Path.cwd())


def _answer(process: subprocess.Popen[str]) -> str:
    with killed_after(_PATIENCE, process):
        return process.stdout.readline() if process.stdout else ""


def _modules() -> str:
    """Return the modules that steps need, in JSON: those that this process has needed."""
    import json

    found = [
        name
        for name, module in list(sys.modules.items())
        if name.startswith(_IMPORTED_ONCE)
        and getattr(module, "__spec__", None) is not None
        and name != "provender.testing.stateful.crash_worker"
    ]
    return json.dumps(sorted(found))
