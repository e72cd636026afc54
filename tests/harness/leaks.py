"""What a test opens it closes: files, sockets, threads, child processes, temporary files.

Looked at after each test of tests/unit and after each module elsewhere; what a fixture of a wider
scope opens may stay as long as the fixture does. The garbage collector, which would close things
and warn of them in the middle of another test, runs here: in tests/unit only after the look, since
what it closes was left open, too; elsewhere before, since pools of connections close themselves. A
module whose library leaves sockets to it says so, by a mark that ignores unraisable exceptions.
"""

from __future__ import annotations

import gc
import os
import shutil
import socket
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from harness.children import ENDS_WITH_US

_GRACE_SECONDS = 5.0
"""How long what was told to end may take to do so."""
_KEPT = ("/dev/", "/proc/", "anon_inode:", "/sys/")
"""Files that libraries keep for the life of a process: random numbers, event queues, limits."""

_REMOVED_BY_HAND = "temporary file"
"""What does not end by itself. Files do: threads of Arrow's and DuckDB's own may still read them
when a query has failed."""
_PAUSE_SECONDS = 0.01

Opened = set[tuple[str, str]]
_LASTING: Opened = set()
"""What is opened once and kept for all tests of the process."""


def open_now() -> Opened:
    """Return what this process has open: pairs of what it is, and a name that stays its own."""
    return {*_files(), *_threads(), *_processes(), *_temporary()}


@contextmanager
def lasting() -> Iterator[None]:
    """Let what is opened while the block runs stay open until the process ends."""
    before = open_now()
    try:
        yield
    finally:
        _LASTING.update(open_now() - before)


def _files() -> Iterator[tuple[str, str]]:
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the listing's own
            target = str(entry.readlink())
            if not target.startswith(_KEPT):
                kind = "socket" if target.startswith("socket:") else "file"
                yield kind, f"{target} (descriptor {entry.name})"


def _threads() -> Iterator[tuple[str, str]]:
    for thread in threading.enumerate():
        yield "thread", f"{thread.name} ({thread.ident})"


def _processes() -> Iterator[tuple[str, str]]:
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # the thread ended
            for pid in (task / "children").read_text().split():
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                if ENDS_WITH_US not in command:
                    yield "process", f"{pid} {command.strip()}"


def _temporary() -> Iterator[tuple[str, str]]:
    for path in Path(tempfile.gettempdir()).iterdir():
        if not path.name.startswith("pytest-of-"):
            yield "temporary file", path.name


class _Watch:
    """Holds what is open against what was open, test by test and module by module."""

    def __init__(self, root: Path, own: Path | None) -> None:
        self._unit = root / "tests" / "unit"
        self._module: Path | None = None
        self._known: Opened = set()
        self._wide = False
        self._own = own
        if own is not None:  # what other workers make there is not ours
            own.mkdir()
            own.chmod(0o711)
            os.environ["TMPDIR"] = tempfile.tempdir = str(own)

    def pytest_sessionstart(self) -> None:
        _begin_what_lasts()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Remove the worker's folder while the run still waits: later it may be killed."""
        if self._own is not None:
            for folder in self._own.glob("pytest-of-*"):  # of runs within this one
                shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):  # not empty: the run shows it
                self._own.rmdir()
            os.environ["TMPDIR"] = tempfile.tempdir = str(self._own.parent)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Iterator[None]:
        if item.path != self._module:
            self._module, self._wide = item.path, False
            self._known = open_now()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object]) -> Iterator[None]:
        """Let what a fixture of the whole session opens stay, and wait for one of a module."""
        if fixturedef.scope == "function":
            return (yield)
        before = open_now()
        result = yield
        if fixturedef.scope == "session":
            self._known |= open_now() - before
        else:
            self._wide = True
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Iterator[None]:
        result = yield
        last = nextitem is None or nextitem.path != item.path
        unit = item.path.is_relative_to(self._unit)
        left = _collected() if last and not unit else set()
        if _is_ignored(item):
            left.clear()
        if last or (unit and not self._wide):
            left |= self._left(collected=not unit)
            if left:
                what = "this module's tests" if last else "this test"
                lines = [f"{kind}: {name}{_where(kind, name)}" for kind, name in sorted(left)]
                pytest.fail("\n  ".join([f"{what} left open:", *lines]), pytrace=False)
        return result

    def _left(self, *, collected: bool) -> Opened:
        """Return what is open and was not, when what is ending has had its time; know it then.

        Args:
            collected: Whether what the garbage collector closes was not left open: a thread that
                ends meanwhile leaves garbage of its own.
        """
        deadline = time.monotonic() + _GRACE_SECONDS
        while (left := open_now() - self._known - _LASTING) and time.monotonic() < deadline:
            if all(kind == _REMOVED_BY_HAND for kind, _ in left):
                break
            time.sleep(_PAUSE_SECONDS)
        if left:
            gc.collect()  # or it would be closed, and warned of, in another test
        if left and collected:
            left = open_now() - self._known - _LASTING
        self._known |= left
        return left


def pytest_configure(config: pytest.Config) -> None:
    worker = hasattr(config, "workerinput")
    if not Path("/proc/self/fd").exists() or (config.getoption("numprocesses", 0) and not worker):
        return
    own = Path(tempfile.gettempdir()) / config.workerinput["workerid"] if worker else None
    config.pluginmanager.register(_Watch(config.rootpath, own), "watch-of-leaks")


def _where(kind: str, name: str) -> str:
    """Return the addresses of a socket, by which its owner is found."""
    if kind != "socket":
        return ""
    descriptor = int(name.rpartition(" ")[2].rstrip(")"))
    with suppress(OSError), socket.socket(fileno=os.dup(descriptor)) as same:
        own = f", {same.family.name} {same.getsockname()}"
        with suppress(OSError):  # not connected
            return f"{own} to {same.getpeername()}"
        return own
    return ""


def _collected() -> Opened:
    """Collect garbage, and return what was open in it."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", ResourceWarning)
        gc.collect()
    return {("left to the garbage collector", str(warning.message)) for warning in found}


def _is_ignored(item: pytest.Item) -> bool:
    marks = item.iter_markers("filterwarnings")
    return any("PytestUnraisableExceptionWarning" in mark.args[0] for mark in marks)


def _begin_what_lasts() -> None:
    """Let Arrow make the pipe by which it hears of signals, which it keeps while we live."""
    import io

    import pyarrow.csv

    pyarrow.csv.read_csv(io.BytesIO(b"a\n1\n"))
