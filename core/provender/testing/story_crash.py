"""`CrashSite`: where steps are taken that kill their process."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

_PATIENCE = 30
_IMPORTED_ONCE = ("provender", "duckdb", "sqlalchemy", "sqlglot", "pyarrow", "msgspec")


class CrashSite:
    """A process that forks a child for each step that it is told; used as a context manager."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def survives(self, order: str) -> bool:
        """Take the step of an order of `story_child`; whether its process came to the end.

        Raises:
            AssertionError: The step failed in another way than by being killed.
        """
        self._say(order)
        answer = self._process.stdout.readline() if self._process and self._process.stdout else ""
        code = int(answer or "1")
        assert code in (0, -signal.SIGKILL), (
            f"a step in a process of its own failed (exit code {code}); see its traceback above"
        )
        return code == 0

    def close(self) -> None:
        """End the process; a later step starts another."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate(timeout=_PATIENCE)

    def __enter__(self) -> CrashSite:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _say(self, line: str) -> None:
        if self._process is None:
            self._process = _start()
            self._say(_modules())
        if self._process.stdin:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()


def _start() -> subprocess.Popen[str]:
    # -W ignore: forking is warned of where threads run, and here only imports have run
    command = [sys.executable, "-W", "ignore", "-m", "provender.testing.story_child"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=Path.cwd())  # noqa: S603


def _modules() -> str:
    """Return the modules that steps need, in JSON: those that this process has needed."""
    import json

    found = [
        name
        for name, module in list(sys.modules.items())
        if name.startswith(_IMPORTED_ONCE)
        and getattr(module, "__spec__", None) is not None
        and name != "provender.testing.story_child"
    ]
    return json.dumps(sorted(found))
