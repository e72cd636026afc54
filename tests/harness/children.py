"""The processes of a run, found by what their environment says, wherever they went."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_PAUSE_SECONDS = 0.05
ENDS_WITH_US = "multiprocessing.resource_tracker"
"""Python's own helper, which ends when this process does."""


def children_of_run(mark: str) -> dict[int, str]:
    """Return the command of each process whose environment holds a mark, but for this one.

    Args:
        mark: ``NAME=value``, set by the run before it started any process.
    """
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        with suppress(OSError):  # it ended, or is another user's
            marked = mark.encode() in (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            if marked and pid != os.getpid() and command and ENDS_WITH_US not in command:
                found[pid] = command
    return found


def is_alive(pid: int) -> bool:
    """Whether there is such a process; one that has ended and is not waited for is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for_end(mark: str, seconds: float) -> dict[int, str]:
    """Wait until no process of a run is left, or the time is over; return those that are left."""
    deadline = time.monotonic() + seconds
    while (left := children_of_run(mark)) and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)
    return left


def kill(pids: Iterable[int]) -> None:
    """Kill processes: kill -9."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
