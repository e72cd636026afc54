"""A plug-in for pytest that writes down what became of each test, as lines of `outcome id`."""

from __future__ import annotations

import os
from pathlib import Path

FILE = "PROVENDER_OUTCOMES"
_failed: set[str] = set()


def pytest_runtest_logreport(report):
    """Note a test's call, and a setup or an end that did not pass.

    A failure may leave something open: the error at the end then adds nothing to it.
    """
    if report.when == "teardown" and report.nodeid in _failed:
        return
    if report.when == "call" and report.failed:
        _failed.add(report.nodeid)
    if report.when == "call" or not report.passed:
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        with Path(os.environ[FILE]).open("a") as file:
            file.write(f"{outcome} {report.nodeid}\n")
