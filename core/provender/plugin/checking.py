"""`looked_at`: turns a check that says that it is well, or raises, into a `Finding`."""

from __future__ import annotations

from collections.abc import Callable

from provender.errors import Problem, ProvenderError
from provender.plugin.hookspecs import Finding


def looked_at(subject: str, check: Callable[[], str], install: str | None = None) -> Finding:
    """Look at one thing; nothing is raised, whatever the check does.

    Args:
        subject: What is looked at, such as ``bucket gs://features``.
        check: Returns how it is when it is well, and raises what is wrong otherwise.
        install: What installs a module that is missing.
    """
    try:
        return Finding(subject, True, check())
    except ProvenderError as error:
        return _told(subject, error)
    except ModuleNotFoundError as error:
        return Finding(subject, False, str(error), install)
    except Exception as error:  # noqa: BLE001 - a plug-in's check may raise anything
        return Finding(subject, False, f"{type(error).__name__}: {error}")


def _told(subject: str, error: ProvenderError) -> Finding:
    details = "\n".join(map(_detail, error.problems))
    fixes = dict.fromkeys(problem.fix for problem in error.problems if problem.fix)
    return Finding(subject, False, details, "\n".join(fixes) or None)


def _detail(problem: Problem) -> str:
    place = f"{problem.place}: " if problem.place else ""
    got = f": {problem.got}" if problem.got else ""
    allowed = f"; allowed: {problem.allowed}" if problem.allowed else ""
    return f"{place}{problem.fact}{got}{allowed}"
