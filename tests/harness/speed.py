"""The seconds of processor that tests take: the slowest are listed, those that are too slow named.

Seconds of processor, of the test and of the processes that it waited for, depend little on what
else the machine does, but they do: only what takes many times too long fails. The long tier has no
limits.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator

import pytest

from harness.tiers import WHOLE

_UNIT, _OTHER = 1.0, 20.0
"""Seconds of processor that the call of a test may take."""
_SLACK = 5.0
"""By how much more it fails: on a busy or slow machine the same work takes longer."""
_SHOWN = 20
_KEY = "processor seconds"


def _processor() -> float:
    """Return the seconds that this process and the ended ones of its children have taken."""
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    begun = _processor()
    try:
        return (yield)
    finally:
        item.user_properties.append((_KEY, (_processor() - begun, _limit(item))))


def _limit(item: pytest.Item) -> float:
    if WHOLE:
        return float("inf")
    if mark := item.get_closest_marker("seconds"):
        return float(mark.args[0])
    unit = item.nodeid.startswith("tests/unit/") and not item.get_closest_marker("integration")
    return _UNIT if unit else _OTHER


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "seconds(n): is a whole run of tests, and may take so long")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Table(), "speed-of-tests")


class _Table:
    """What each test took and may take, as its reports say it."""

    def __init__(self) -> None:
        self._taken: dict[str, tuple[float, float]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self._taken[report.nodeid] = dict(report.user_properties)[_KEY]

    def _too_slow(self, slack: float = 1.0) -> dict[str, tuple[float, float]]:
        return {
            test: (seconds, limit)
            for test, (seconds, limit) in self._taken.items()
            if seconds > limit * slack
        }

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._too_slow(_SLACK) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        slowest = sorted(self._taken.items(), key=lambda taken: -taken[1][0])[:_SHOWN]
        if len(self._taken) > _SHOWN:
            terminalreporter.section(f"the {_SHOWN} slowest tests, in seconds of processor")
            for test, (seconds, _) in slowest:
                terminalreporter.write_line(f"{seconds:7.2f} {test}")
        failed = self._too_slow(_SLACK)
        for test, (seconds, limit) in self._too_slow().items():
            terminalreporter.write_line(
                f"{'FAILED' if test in failed else 'SLOW'} {test} took {seconds:.2f} s of "
                f"processor, at most {limit:g} s are allowed: make it quicker, or move it to "
                "another tier",
                red=test in failed,
            )
