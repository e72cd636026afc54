"""What pytest reports while the suites run; with pytest-xdist, what its workers report."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from provender.testing.report.case_run import CaseRun
from provender.testing.report.facts import facts_of

_NOTE = "provender_facts"


@dataclass
class Recorder:
    """The cases of one run, in the order in which they began to be told of.

    Attributes:
        path: Where the report is written.
        cases: The cases by pytest's name for them.
        problem: Why the report could not be written.
    """

    path: Path
    cases: dict[str, CaseRun] = field(default_factory=dict)
    problem: str | None = None
    _classes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Hear of one phase of one test."""
        facts = getattr(report, _NOTE, None) or self._facts_of_a_crash(report)
        if facts is None:
            return
        self._classes[facts["test_class"]] = facts
        self.cases.setdefault(report.nodeid, CaseRun(facts)).add(report)

    def _facts_of_a_crash(self, report: pytest.TestReport) -> dict[str, Any] | None:
        """Return what a test was whose worker died before it could say so itself."""
        test_class, _, test = report.nodeid.partition("[")[0].rpartition("::")
        known = self._classes.get(test_class)
        if known is None or not report.failed:
            return None
        case = report.nodeid.removeprefix(f"{test_class}::{test}").strip("[]")
        return {**known, "test": test, "case": case, "overridden": False, "capability": None}

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report once everything has been told."""
        from provender.testing.report.assemble import assemble
        from provender.testing.report.model import write_report

        report = assemble(list(self.cases.values()), int(exitstatus))
        try:
            write_report(report, self.path)
        except OSError as error:
            self.problem = f"it cannot be written: {error.strerror}"
            session.exitstatus = session.exitstatus or pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where the report is."""
        note = f"provender report {self.path}"
        terminalreporter.write_sep("-", f"{note}: {self.problem}" if self.problem else note)


class Notes:
    """Notes on each report what its test is; pytest-xdist carries the notes along."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Note it, in the process that runs the test."""
        report = yield
        facts = facts_of(item)
        if facts is not None:
            setattr(report, _NOTE, facts)
        return report


def start_recording(config: pytest.Config, file: str) -> None:
    """Record the cases of this run.

    Args:
        config: That of pytest.
        file: Where the report goes, relative to where pytest was called.

    Raises:
        UsageError: A report cannot be written there.
    """
    config.pluginmanager.register(Notes(), "provender-report-notes")
    if hasattr(config, "workerinput"):
        return  # a worker of pytest-xdist: its controller writes the report
    path = config.invocation_params.dir / file
    if path.is_dir() or not path.parent.is_dir():
        raise pytest.UsageError(
            f"--provender-report: no file can be written at {path}: "
            + ("it is a directory" if path.is_dir() else "its directory does not exist")
        )
    config.pluginmanager.register(Recorder(path), "provender-report")
