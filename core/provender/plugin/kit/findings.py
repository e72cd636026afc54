"""`run_check` and `run_checks`: turn checks, which return a state or raise, into `Finding`s."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from provender.errors import Problem, ProvenderError
from provender.plugin.contract.hookspecs import Finding
from provender.plugin.contract.info import Role


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a provider checks.

    Attributes:
        subject: What is checked, such as ``bucket gs://features``.
        run: Returns its state if the check passes, and raises otherwise.
        needs: The subjects that have to pass first; otherwise it is not checked.
        stops: The stores that cannot work until it passes.
        fix: What to do if the error has no fix.
    """

    subject: str
    run: Callable[[], str]
    needs: tuple[str, ...] = ()
    stops: tuple[Role, ...] = ()
    fix: str | None = None


def run_checks(checks: Iterable[Check], install: str | None = None) -> list[Finding]:
    """Run checks one after the other, except those that need one that failed.

    Args:
        checks: What to run; the next is taken when the one before is done.
        install: The command that installs a missing module.
    """
    found: list[Finding] = []
    wrong: set[str] = set()
    for check in checks:
        if wrong.isdisjoint(check.needs):
            one = run_check(check.subject, check.run, install, check.fix)
            found.append(replace(one, stops=() if one.ok else check.stops))
            if one.ok:
                continue
        wrong.add(check.subject)
    return found


def run_check(
    subject: str, check: Callable[[], str], install: str | None = None, fix: str | None = None
) -> Finding:
    """Run a check and return its finding; errors of the check are never raised.

    Args:
        subject: What is checked, such as ``bucket gs://features``.
        check: Returns its state if the check passes, and raises otherwise.
        install: The command that installs a missing module.
        fix: What to do if the error has no fix.
    """
    try:
        return Finding(subject, True, check())
    except ProvenderError as error:
        return _told(subject, error, fix)
    except ModuleNotFoundError as error:
        return Finding(subject, False, str(error), install or fix)
    except Exception as error:  # noqa: BLE001 - a plug-in's check may raise anything
        return Finding(subject, False, f"{type(error).__name__}: {error}", fix)


def _told(subject: str, error: ProvenderError, fix: str | None) -> Finding:
    details = "\n".join(map(_detail, error.problems))
    fixes = dict.fromkeys(problem.fix for problem in error.problems if problem.fix)
    return Finding(subject, False, details, "\n".join(fixes) or fix)


def _detail(problem: Problem) -> str:
    place = f"{problem.place}: " if problem.place else ""
    got = f": {problem.got}" if problem.got else ""
    allowed = f"; allowed: {problem.allowed}" if problem.allowed else ""
    return f"{place}{problem.fact}{got}{allowed}"
