"""New Python processes: run one, ask one over its standard input, tell one's peak memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self


def python(*arguments: str, executable: str = sys.executable) -> str:
    """Run Python in a new process, with warm bytecode, and return what it prints."""
    done = subprocess.run(
        [executable, *arguments], capture_output=True, text=True, check=False, env=_environment()
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments[:3])} failed:\n{done.stderr}")
    return done.stdout


def answer(*arguments: str) -> dict[str, Any]:
    """Run Python in a new process and return the JSON document in the last line it prints."""
    found: dict[str, Any] = json.loads(python(*arguments).splitlines()[-1])
    return found


def _environment() -> Mapping[str, str]:
    return {name: v for name, v in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def peak_memory_mb() -> float:
    """Return the most memory that this process had at once, in MB.

    Linux hands ``ru_maxrss`` down from the process that started this one, so it is read there
    from the process's own status.
    """
    status = Path("/proc/self/status")
    if status.exists():
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024**2 if sys.platform == "darwin" else peak / 1024


class Worker:
    """A script in a process of its own that does what it is asked: a line of JSON each way."""

    def __init__(self, executable: str, script: Path) -> None:
        self._process = subprocess.Popen(
            [executable, "-W", "ignore", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=_environment(),
        )

    def ask(self, work: str, **options: object) -> Any:
        """Have one piece of work done and return its answer."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("the worker has no pipes")
        stdin.write(json.dumps([work, options], default=str) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise SystemExit(f"the worker ended while it did {work!r}")
        found = json.loads(line)
        if "error" in found:
            raise SystemExit(f"the worker failed at {work!r}:\n{found['error']}")
        return found["answer"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
