"""The report of a conformance run: what it holds, and how it is read and written.

The file is JSON. `FORMAT` grows when a reader of an older format would misunderstand it; keys may
be added at any time, and readers pass over those that they do not know.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import msgspec

from provender.errors import RequestError

FORMAT = 1
"""The format that is written, and the newest that is read."""

Outcome = Literal["passed", "failed", "skipped", "not run"]
"""How a rule ended. A rule failed when one of its cases did, passed when one passed and none
failed, and was skipped when all of its cases were."""
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "skipped", "not run")


class Tally(msgspec.Struct, frozen=True):
    """How many ended how."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    not_run: int = 0

    @classmethod
    def of(cls, outcomes: Iterable[Outcome]) -> Tally:
        """Count outcomes."""
        every = list(outcomes)
        return cls(*(every.count(outcome) for outcome in OUTCOMES))

    @property
    def total(self) -> int:
        """How many there are."""
        return self.passed + self.failed + self.skipped + self.not_run


class Case(msgspec.Struct, frozen=True):
    """One run of a rule.

    Attributes:
        case: What tells it from the rule's other cases; empty when there is only one.
        outcome: How it ended; a test that is expected to fail has failed.
        seconds: How long it took, with its set-up and its tear-down.
        capability: The capability that the store does not claim, for which it was skipped.
        reason: Why it failed, or why it was skipped.
    """

    case: str
    outcome: Outcome
    seconds: float
    capability: str | None = None
    reason: str | None = None


class Rule(msgspec.Struct, frozen=True):
    """One rule of a suite, and its cases.

    Attributes:
        rule: Its name: that of the suite's test, without ``test_``.
        statement: The first line of its documentation.
        outcome: See `Outcome`.
        overridden: Whether the provider runs a test of its own under the rule's name.
        seconds: How long its cases took.
        cases: Its cases, in the order in which they ended.
    """

    rule: str
    statement: str
    outcome: Outcome
    overridden: bool
    seconds: float
    cases: tuple[Case, ...]


class SuiteRun(msgspec.Struct, frozen=True):
    """A provider's subclass of a suite.

    Attributes:
        suite: The suite, such as ``OnlineStoreSuite``.
        test_class: The subclass, as pytest names it.
        provider: The name of the provider's entry point.
        distribution: The distribution that brings it; None: it cannot be found.
        version: The distribution's version.
        store_type: The ``type:`` of the store; None for the suite of plug-ins.
        capabilities: What the store claims beyond the contract, sorted.
        seconds: How long all its cases took.
        rules: How many rules ended how; those of the suite that did not run are counted.
        cases: How many cases ended how.
        results: Every rule of the suite, in its order.
    """

    suite: str
    test_class: str
    provider: str
    distribution: str | None
    version: str | None
    store_type: str | None
    capabilities: tuple[str, ...]
    seconds: float
    rules: Tally
    cases: Tally
    results: tuple[Rule, ...]


class Versions(msgspec.Struct, frozen=True):
    """What the suites ran with."""

    provender: str
    python: str
    pytest: str


class Report(msgspec.Struct, frozen=True):
    """What the suites found in one run of pytest.

    Attributes:
        format: See `FORMAT`.
        created: When the run ended, ISO 8601 in UTC.
        exit_status: That of pytest; 2 when it was interrupted.
        versions: What it ran with.
        seconds: How long all cases took.
        rules: How many rules ended how, over all suites.
        cases: How many cases ended how, over all suites.
        suites: Every subclass of a suite of which a case ran.
    """

    format: int
    created: str
    exit_status: int
    versions: Versions
    seconds: float
    rules: Tally
    cases: Tally
    suites: tuple[SuiteRun, ...]


def write_report(report: Report, path: Path) -> None:
    """Write a report as JSON; the file appears whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    text = msgspec.json.format(msgspec.json.encode(report), indent=2)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(text + b"\n")
    unfinished.replace(path)


class _Head(msgspec.Struct):
    format: int


def read_report(path: Path) -> Report:
    """Return the report in a file.

    Raises:
        RequestError: There is no such file, or it is not a report of a format that is known.
    """
    fix = f"write one: pytest --provender-report {path}"
    try:
        text = path.read_bytes()
        head = msgspec.json.decode(text, type=_Head)
        if head.format > FORMAT:
            raise RequestError(
                "the report was written by a newer Provender",
                got=f"format {head.format}",
                allowed=f"formats up to {FORMAT}",
                fix="pip install --upgrade provender",
                place=str(path),
            )
        return msgspec.json.decode(text, type=Report)
    except OSError as error:
        raise RequestError(
            "the report cannot be read", got=error.strerror, fix=fix, place=str(path)
        ) from error
    except msgspec.DecodeError as error:
        raise RequestError(
            "the file is not a report", got=str(error), fix=fix, place=str(path)
        ) from error
