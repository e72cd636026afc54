"""`CaseRun`: one case of a suite while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

_LONGEST_REASON = 4_000


@dataclass
class CaseRun:
    """One case, as far as it got.

    Attributes:
        facts: What it is; see `facts_of`.
        outcome: The worst of its phases.
        seconds: How long they took together.
        reason: Why it failed or was skipped.
    """

    facts: dict[str, Any]
    outcome: str = "passed"
    seconds: float = 0.0
    reason: str | None = None

    def add(self, report: pytest.TestReport) -> None:
        """Take in what one phase of it says."""
        self.seconds += report.duration
        expected = getattr(report, "wasxfail", None)
        if report.failed or (report.skipped and expected is not None):
            self._fail(report, expected)
        elif report.skipped and self.outcome == "passed":
            self.outcome, self.reason = "skipped", _skip_reason(report)

    def _fail(self, report: pytest.TestReport, expected: str | None) -> None:
        if self.outcome != "failed":
            reason = f"expected to fail: {expected}" if expected else _failure(report)
            self.outcome, self.reason = "failed", reason[:_LONGEST_REASON]


def _skip_reason(report: pytest.TestReport) -> str:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")


def _failure(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(getattr(crash, "message", None) or report.longrepr or "it failed")
    message = message.removeprefix("AssertionError: ")
    return message if report.when == "call" else f"in {report.when}: {message}"
