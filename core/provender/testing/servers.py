"""Real servers for tests: started on a free loopback port, waited for, and stopped."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from provender.testing.processes import started

HOST = "127.0.0.1"
"""Where test servers listen: never beyond the loopback interface."""

_PAUSE_SECONDS = 0.05


class ServerError(RuntimeError):
    """A test server did not come up; the message holds the end of its log."""


def free_port() -> int:
    """Return a TCP port on the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def listens(port: int) -> bool:
    """Return whether somebody accepts connections on a loopback port."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    ready: Callable[[], bool],
    log: Path,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    seconds: float = 60.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the block runs.

    Args:
        command: The program, which stays in the foreground, and its arguments.
        ready: Whether the server answers; asked again and again, may raise OSError meanwhile.
        log: The file that gets what the server prints.
        env: What is added to the environment.
        user: The user to run as, for programs that refuse to run as root.
        seconds: How long to wait for it.

    Yields:
        The process. It and its children are stopped when the block ends, however it ends.

    Raises:
        ServerError: The server ended, or was not ready in time.
    """
    with (
        log.open("wb") as output,
        started(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            user=user,
            text=False,
        ) as process,
    ):
        _wait(process, ready, log, time.monotonic() + seconds)
        yield process


def _wait(
    process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path, deadline: float
) -> None:
    pause = threading.Event()
    while not _answers(ready):
        if process.poll() is not None:
            raise ServerError(f"the server ended with code {process.returncode}{_end_of(log)}")
        if time.monotonic() > deadline:
            raise ServerError(f"the server was not ready in time{_end_of(log)}")
        pause.wait(_PAUSE_SECONDS)


def _answers(ready: Callable[[], bool]) -> bool:
    try:
        return ready()
    except OSError:
        return False


def _end_of(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()[-20:]
    return "\n".join([f"; {log} ends with:", *lines])
