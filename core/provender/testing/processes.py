"""Programs that tests run: each in a process group of its own, and never without a deadline."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 60.0
"""How long a program may take unless its test says otherwise."""

_STOP_SECONDS = 20.0
_PAUSE_SECONDS = 0.01


class OverdueError(AssertionError):
    """A program did not end in time; the message holds what it printed until then."""


def run(
    command: Sequence[str | Path],
    *,
    seconds: float = PATIENCE_SECONDS,
    code: int | None = 0,
    stdin: str | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    **more: Any,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end.

    Args:
        command: The program and its arguments.
        seconds: How long it may take.
        code: The exit code that it must end with; None: any.
        stdin: What it reads; None: nothing.
        cwd: Where it runs; None: here.
        env: Its whole environment; None: ours.
        more: Further arguments of `subprocess.Popen`, such as ``stdout`` or ``user``.

    Returns:
        The exit code, and what was printed, as text.

    Raises:
        OverdueError: It did not end in time. It and its children are killed.
        AssertionError: It ended with another code; the message holds what it printed.
    """
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
    if stdin is not None:
        streams["stdin"] = subprocess.PIPE
    with started(command, cwd=cwd, env=env, **streams) as process:
        try:
            out, err = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired:
            end_group(process, kindly=False)
            out, err = process.communicate()
            raise OverdueError(
                f"{_named(command)} did not end within {seconds:g} s{_printed(out, err)}"
            ) from None
    if code is not None and process.returncode != code:
        raise AssertionError(
            f"{_named(command)} ended with code {process.returncode}, not {code}"
            f"{_printed(out, err)}"
        )
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@contextmanager
def started(command: Sequence[str | Path], **more: Any) -> Iterator[subprocess.Popen[Any]]:
    """Run a program while the block runs.

    Args:
        command: The program and its arguments.
        more: Further arguments of `subprocess.Popen`. Without ``stdin`` it reads nothing; with
            ``text=False`` its streams carry bytes.

    Yields:
        The process. It and its children are ended when the block ends, however it ends.
    """
    process: subprocess.Popen[Any] = subprocess.Popen(  # noqa: S603 - the tests choose it
        [str(part) for part in command],
        start_new_session=True,
        **{"stdin": subprocess.DEVNULL, "text": True, **more},
    )
    try:
        yield process
    finally:
        end_group(process)
        for stream in (process.stdin, process.stdout, process.stderr):
            with suppress(OSError):  # what was never read of our last words
                if stream is not None:
                    stream.close()


@contextmanager
def killed_after(seconds: float, *processes: subprocess.Popen[Any]) -> Iterator[None]:
    """Kill programs, and their children, unless the block ends in time: what it reads then ends.

    Args:
        seconds: How long the block may take.
        processes: Programs that were `started`.
    """

    def kill() -> None:
        for process in processes:
            end_group(process, kindly=False)

    timer = threading.Timer(seconds, kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()


def end_group(process: subprocess.Popen[Any], *, kindly: bool = True) -> None:
    """End a program that was started here and every process of its group.

    Args:
        process: A process that leads its group.
        kindly: Whether it is asked first (SIGTERM), and killed only when it does not listen.
    """
    if kindly and process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
    deadline = time.monotonic() + _STOP_SECONDS
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(process.pid, signal.SIGKILL)  # children that outlived it
            process.poll()
            time.sleep(_PAUSE_SECONDS)
    process.wait()


def _named(command: Sequence[str | Path]) -> str:
    return " ".join(Path(part).name if n == 0 else str(part) for n, part in enumerate(command))


def _printed(out: str | None, err: str | None) -> str:
    return "".join(f"\n{text.rstrip()}" for text in (out, err) if text)
