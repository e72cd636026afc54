"""One run of the tests: its signals, its temporary folder, its limit, and what it leaves behind.

However the run was started, a Ctrl-C means to it and to its children what it usually means. All
that it makes in the system's temporary directory lies in one folder of its own, which is removed
when the run was green.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.children import children_of_run, is_alive, kill, wait_for_end

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `&` hands on an ignored one

_MARK = "PROVENDER_TEST_RUN"
"""The variable of the environment by which the children of a run are known."""
_PREFIX = "provender-run-"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("run_limit", "seconds after which the whole run ends; 0: never", default="0")
    parser.addini("end_patience", "seconds that children may take to end", default="15")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # a worker has what its run has
        config.pluginmanager.register(_Run(config), "run-of-tests")


class _Run:
    """What the one process does that sees the whole run, be there workers or not."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._folder = _new_folder()
        self._mark = f"{_MARK}={self._folder}"
        self._environment = {name: os.environ.get(name) for name in (_MARK, "TMPDIR")}
        self._under_way: set[str] = set()
        self._failed: list[pytest.TestReport] = []
        self._left: list[str] = []
        self._green = False
        self._alarm = _alarm(float(config.getini("run_limit")), self._give_up)
        os.environ[_MARK] = os.environ["TMPDIR"] = tempfile.tempdir = str(self._folder)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._under_way.add(nodeid)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        self._under_way.discard(nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self._failed.append(report)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Look at what is left when all fixtures and workers are gone."""
        self._alarm.cancel()
        processes = wait_for_end(self._mark, float(self._config.getini("end_patience")))
        kill(processes)
        self._left = [f"process {pid}: {command}" for pid, command in processes.items()]
        self._left += [f"temporary: {path.name}" for path in _temporary(self._folder)]
        if self._left and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        self._green = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._left:
            terminalreporter.section("left behind by the run", red=True)
            terminalreporter.write("".join(f"{line}\n" for line in self._left))
        if not self._green:
            terminalreporter.write_line(f"temporary files are kept in {self._folder}")

    def pytest_unconfigure(self) -> None:
        self._alarm.cancel()
        for name, value in self._environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        tempfile.tempdir = None
        if self._green:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _give_up(self) -> None:
        """End the run and all of its children; called by a thread when the time is over."""
        try:
            self._show_what_is_known()
        finally:  # also when nobody reads what is shown
            kill(children_of_run(self._mark))
            os._exit(3)

    def _show_what_is_known(self) -> None:
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        if capture is not None:
            capture.suspend_global_capture(in_=True)
        for report in self._failed:
            print(f"\n{report.nodeid} failed:\n{report.longreprtext}", file=sys.stderr)
        limit = self._config.getini("run_limit")
        lines = [f"the run did not end within {limit} s; under way were:", *self._under_way]
        lines += [f"FAILED {report.nodeid}" for report in self._failed]
        print("", *lines, sep="\n  ", file=sys.stderr, flush=True)


def _new_folder() -> Path:
    """Return a new folder for this run; those of runs that are gone are removed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        if not is_alive(int(folder.name.removeprefix(_PREFIX).partition("-")[0])):
            shutil.rmtree(folder, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
    folder.chmod(0o711)  # a server that must not run as root has its data in it
    return folder


def _alarm(seconds: float, action: Callable[[], None]) -> threading.Timer:
    alarm = threading.Timer(seconds, action)
    alarm.daemon = True
    if seconds:
        alarm.start()
    return alarm


def _temporary(folder: Path) -> list[Path]:
    """Return what lies in the run's folder besides pytest's own directories."""
    return [path for path in folder.iterdir() if not path.name.startswith("pytest-of-")]
