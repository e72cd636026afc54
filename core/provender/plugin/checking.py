"""`looked_at` and `looked_at_each`: checks that say that all is well, or raise, as `Finding`s."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from provender.errors import Problem, ProvenderError
from provender.plugin.hookspecs import Finding
from provender.plugin.info import Role


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a provider looks at.

    Attributes:
        subject: What is looked at, such as ``bucket gs://features``.
        run: Returns how it is when it is well, and raises what is wrong otherwise.
        needs: The subjects that have to be well first; otherwise it is not looked at.
        stops: The stores that cannot work before it is well.
        fix: What to do where the error does not know.
    """

    subject: str
    run: Callable[[], str]
    needs: tuple[str, ...] = ()
    stops: tuple[Role, ...] = ()
    fix: str | None = None


def looked_at_each(checks: Iterable[Check], install: str | None = None) -> list[Finding]:
    """Look at one thing after the other, but at nothing that needs what is not well.

    Args:
        checks: What to look at; the next one is taken when the one before has been looked at.
        install: What installs a module that is missing.
    """
    found: list[Finding] = []
    wrong: set[str] = set()
    for check in checks:
        if wrong.isdisjoint(check.needs):
            one = looked_at(check.subject, check.run, install, check.fix)
            found.append(replace(one, stops=() if one.ok else check.stops))
            if one.ok:
                continue
        wrong.add(check.subject)
    return found


def looked_at(
    subject: str, check: Callable[[], str], install: str | None = None, fix: str | None = None
) -> Finding:
    """Look at one thing; nothing is raised, whatever the check does.

    Args:
        subject: What is looked at, such as ``bucket gs://features``.
        check: Returns how it is when it is well, and raises what is wrong otherwise.
        install: What installs a module that is missing.
        fix: What to do where the error does not know.
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
