"""A report, put together from the cases that ran."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from provender import __version__
from provender.errors import ProvenderError
from provender.plugin import StoreType
from provender.plugin.loading.discovery import PROVIDERS, find
from provender.plugin.loading.entry_point import metadata, origin
from provender.testing.report.case_run import CaseRun
from provender.testing.report.facts import SUITES, rules_of, suite_class
from provender.testing.report.model import (
    FORMAT,
    Case,
    Outcome,
    Report,
    Rule,
    SuiteRun,
    Tally,
    Versions,
)
from provender.testing.suites.store_opener import StoreOpener


def assemble(runs: Sequence[CaseRun], exit_status: int) -> Report:
    """Return the report of all cases that ran.

    Args:
        runs: The cases.
        exit_status: That of pytest.
    """
    classes = _grouped(runs, lambda run: run.facts["test_class"])
    suites = tuple(map(_suite_run, sorted(classes.values(), key=_place)))
    rules = [rule for suite in suites for rule in suite.results]
    return Report(
        format=FORMAT,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        exit_status=exit_status,
        versions=Versions(__version__, platform.python_version(), pytest.__version__),
        seconds=_seconds(suites),
        rules=_tally(rules),
        cases=_tally(case for rule in rules for case in rule.cases),
        suites=suites,
    )


def _place(runs: Sequence[CaseRun]) -> tuple[int, str]:
    facts = runs[0].facts
    return list(SUITES).index(facts["suite"]), facts["test_class"]


def _suite_run(runs: Sequence[CaseRun]) -> SuiteRun:
    facts = runs[0].facts
    ran = _grouped(runs, lambda run: run.facts["test"])
    statements = rules_of(suite_class(facts["suite"]))
    results = tuple(_rule(name, said, ran.get(name, [])) for name, said in statements.items())
    kind = _store_type(facts)
    distribution, version = _distribution(facts["provider"])
    return SuiteRun(
        suite=facts["suite"],
        test_class=facts["test_class"],
        provider=facts["provider"],
        distribution=distribution,
        version=version,
        store_type=kind.name if kind else facts["store_type"],
        capabilities=tuple(sorted(kind.capabilities)) if kind else (),
        seconds=_seconds(results),
        rules=_tally(results),
        cases=_tally(case for rule in results for case in rule.cases),
        results=results,
    )


def _rule(name: str, statement: str, runs: Sequence[CaseRun]) -> Rule:
    cases = tuple(map(_case, runs))
    return Rule(
        rule=name.removeprefix("test_"),
        statement=statement,
        outcome=_outcome({case.outcome for case in cases}),
        overridden=any(run.facts["overridden"] for run in runs),
        seconds=_seconds(cases),
        cases=cases,
    )


def _case(run: CaseRun) -> Case:
    capability = run.facts["capability"]
    unclaimed = run.outcome == "skipped" and run.reason == f"{capability}: not claimed"
    return Case(
        case=run.facts["case"],
        outcome=_outcome({run.outcome}),
        seconds=round(run.seconds, 6),
        capability=capability if unclaimed else None,
        reason=run.reason,
    )


def _outcome(outcomes: set[Any]) -> Outcome:
    """Return how a rule ended whose cases ended so."""
    ways: tuple[Outcome, ...] = ("failed", "passed", "skipped")
    return next((outcome for outcome in ways if outcome in outcomes), "not run")


def _store_type(facts: dict[str, Any]) -> StoreType | None:
    """Return what the plug-in says of the store; None when there is none, or it cannot say."""
    if facts["role"] is None:
        return None
    try:
        return StoreOpener(facts["role"], facts["provider"], facts["store_type"], Path()).type()
    except ProvenderError:
        return None


def _distribution(provider: str) -> tuple[str | None, str | None]:
    try:
        entry = find(PROVIDERS, provider)
    except ProvenderError:
        return None, None
    return origin(entry), metadata(entry, "Version")


def _grouped(runs: Iterable[CaseRun], key: Callable[[CaseRun], str]) -> dict[str, list[CaseRun]]:
    groups: dict[str, list[CaseRun]] = {}
    for run in runs:
        groups.setdefault(key(run), []).append(run)
    return groups


def _seconds(parts: Iterable[Case | Rule | SuiteRun]) -> float:
    return round(sum(part.seconds for part in parts), 6)


def _tally(parts: Iterable[Case | Rule]) -> Tally:
    return Tally.of(part.outcome for part in parts)
