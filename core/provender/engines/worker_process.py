"""`WorkerProcess`: a worker of the ``processes`` engine, as the parent process sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe
from pathlib import Path

from provender.engines.worker import CLOSING_SECONDS
from provender.errors import StoreError

_PATIENCE = CLOSING_SECONDS + 5
"""Seconds after which a worker that does not end is killed."""


class WorkerProcess:
    """A fresh Python process, with the import path of this one; nothing else of it is inherited.

    Attributes:
        connection: Where it answers.

    Raises:
        StoreError: The process cannot be started.
    """

    def __init__(self) -> None:
        self.connection, other = Pipe()
        try:
            with other:
                self._process = _started(other)
        except OSError as error:
            self.connection.close()
            raise StoreError("a worker process cannot be started", got=str(error)) from error

    def order(self, function: str, task: str) -> None:
        """Send a task; a worker that is gone answers nothing."""
        with suppress(OSError):
            self.connection.send_bytes(function.encode())
            self.connection.send_bytes(task.encode())

    def hear(self) -> bytes | None:
        """Return the next message; None: the process is gone, or about to be."""
        try:
            return self.connection.recv_bytes()
        except (EOFError, OSError):
            return None

    def alive(self) -> bool:
        """Return whether a worker that has nothing to do can be given a task."""
        return not self.connection.poll() and self._process.poll() is None

    def dismiss(self) -> None:
        """Let the process end, also in the midst of a task; `ended` waits for it."""
        self.connection.close()

    def ended(self) -> str:
        """Wait until the process has ended, and return how it did."""
        self.connection.close()
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if code < 0:
            return f"killed by signal {-code} ({signal.Signals(-code).name})"
        return f"exit code {code}"


def _started(end: Connection) -> subprocess.Popen[bytes]:
    """Start a process that has one end of a socket; it prints to stderr."""
    path = os.pathsep.join(place or str(Path.cwd()) for place in sys.path)
    with _no_interrupts():
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", "provender.engines.worker", str(end.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=2,
            env={**os.environ, "PYTHONPATH": path},
            pass_fds=[end.fileno()],
        )


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Hold back Ctrl-C; a process that is started meanwhile never gets it: its parent ends it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
