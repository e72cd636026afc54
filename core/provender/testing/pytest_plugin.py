"""The pytest plug-in: the option ``--provender-report FILE``.

Every pytest of an environment with Provender in it imports this module at its start, so it imports
nothing; what writes the report is imported when a report is wanted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("provender").addoption(
        "--provender-report",
        metavar="FILE",
        help="write what the conformance suites found as JSON; "
        "`provender plugin report FILE` shows it",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to record when a report is wanted."""
    wanted: str | None = config.getoption("provender_report")
    if wanted is None or config.option.collectonly:
        return
    from provender.testing.report.recorder import start_recording

    start_recording(config, wanted)
