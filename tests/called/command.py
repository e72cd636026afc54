"""`call`: one command of ``provender`` in the process of the test, as a process would see it."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO
from unittest.mock import patch

from provender.cli.run import run


@dataclass(frozen=True)
class Done:
    """How a command ended and what it printed; named as in `subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str


def call(
    arguments: Sequence[str],
    cwd: Path,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Done:
    """Run one command; afterwards the process is as it was before.

    Args:
        arguments: What stands behind ``provender``.
        cwd: The directory in which it runs.
        stdin: What it can read; None: nothing.
        environment: Variables to set; those in ``PYTHONPATH`` come first on the path.
    """
    more = environment or {}
    with ExitStack() as around:
        enter = around.enter_context
        enter(chdir(cwd))
        enter(patch.dict(os.environ, more))
        enter(patch.object(sys, "argv", ["provender", *arguments]))
        enter(_own_modules(cwd, [p for p in more.get("PYTHONPATH", "").split(os.pathsep) if p]))
        enter(_same_signals())
        read = [enter(_stream(number, stdin or "")) for number in range(3)]
        enter(_warnings_of_a_process())
        enter(_frozen())
        code = _code(arguments)
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        _, stdout, stderr = (_text(file) for file in read)
    return Done(code, stdout, stderr)


def _code(arguments: Sequence[str]) -> int:
    try:
        return run(list(arguments))
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)


@contextmanager
def _stream(number: int, stdin: str) -> Iterator[TextIO]:
    """Put a file in the place of stdin (0), stdout (1) or stderr (2), also for compiled code."""
    name = ("stdin", "stdout", "stderr")[number]
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as file:
        if number == 0:
            file.write(stdin)
            file.seek(0)
        kept = os.dup(number)
        os.dup2(file.fileno(), number)
        mode = "w" if number else "r"
        with open(number, mode, encoding="utf-8", closefd=False) as stream:
            if number == 2:
                stream.reconfigure(line_buffering=True)
            try:
                with patch.object(sys, name, stream):
                    yield file
            finally:
                os.dup2(kept, number)
                os.close(kept)


def _text(file: TextIO) -> str:
    file.seek(0)
    return file.read()


@contextmanager
def _warnings_of_a_process() -> Iterator[None]:
    """Filter and show warnings as Python does by default."""
    with warnings.catch_warnings():
        warnings.resetwarnings()
        for ignored in (ImportWarning, PendingDeprecationWarning, ResourceWarning):
            warnings.simplefilter("ignore", ignored)
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")
        warnings.showwarning = _show
        yield


def _show(message, category, filename, lineno, file=None, line=None):
    text = warnings.formatwarning(message, category, filename, lineno, line)
    (file or sys.stderr).write(text)


@contextmanager
def _own_modules(cwd: Path, path: Sequence[str]) -> Iterator[None]:
    """Put directories on the path; forget what was imported from them, and nothing else.

    Modules of the directory of the call are for Provender itself to forget.
    """
    before = set(sys.modules)
    importlib.invalidate_caches()
    try:
        with patch.object(sys, "path", [*path, *sys.path]):
            yield
    finally:
        for name in _within(path, before):
            del sys.modules[name]
    assert _within([str(cwd)], before) == []


def _within(directories: Sequence[str], before: set[str]) -> list[str]:
    """Return the names of the new modules that lie in one of the directories."""
    places = tuple(f"{directory}{os.sep}" for directory in directories)
    new = {name: module for name, module in sys.modules.items() if name not in before}
    return [n for n, module in new.items() if _place(module).startswith(places)]


def _place(module: object) -> str:
    """Return the file of a module, or the first directory of a package that has no file."""
    place = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), "")
    return f"{place}{os.sep}"


@contextmanager
def _frozen() -> Iterator[None]:
    """Spare the collector what was there before: the end of a command collects garbage."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _same_signals() -> Iterator[None]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
