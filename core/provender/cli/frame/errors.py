"""Errors as people and programs read them."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from provender.errors import Problem, ProvenderError

_COLORS = {"error": "red", "warning": "yellow"}


_OPTIONS = {
    "full_feature_names=True": "--full-feature-names",
    "leave known_at out": "leave --known-at out",
    "name another by timestamp_field=": "name another by --timestamp-field",
}
"""Advice for programs, and what the command line has for the same."""


def _advice(problem: Problem) -> str | None:
    """Return how to mend a problem, in terms of the command line."""
    fix = problem.fix
    for argument, option in _OPTIONS.items():
        fix = fix and fix.replace(argument, option)
    return fix


def error_text(error: ProvenderError) -> str:
    """Return an error as text for a terminal, one block for each problem."""
    return "\n".join(problem_text(problem, "error") for problem in error.problems)


def problem_text(problem: Problem, level: str) -> str:
    """Return one problem as ``file:line:col: error: fact`` with its notes below.

    Args:
        problem: The problem.
        level: ``error`` or ``warning``.
    """
    place = f"{near(problem.place)}: " if problem.place else ""
    head = f"{place}{click.style(level, fg=_COLORS[level], bold=True)}: {problem.fact}"
    notes = (("got", problem.got), ("allowed", problem.allowed), ("fix", _advice(problem)))
    return "\n".join([head, *(f"  {label}: {text}" for label, text in notes if text)])


def warn_of(error: ProvenderError, consequence: str) -> None:
    """Tell the first problem of an error that only costs something, on stderr."""
    click.echo(f"{problem_text(error.problems[0], 'warning')}\n  so {consequence}", err=True)


@contextmanager
def warnings_in_one_line(root: Path) -> Iterator[None]:
    """Show each warning about the files of a directory once, in one line on stderr.

    Those about other people's code are left out.

    Args:
        root: The directory.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            for line in _lines(caught, root.resolve()):
                click.echo(line, err=True)


def _lines(caught: Iterable[warnings.WarningMessage], root: Path) -> list[str]:
    own = [w for w in caught if Path(w.filename).resolve().is_relative_to(root)]
    own.sort(key=lambda w: (w.filename, w.lineno, str(w.message)))
    problems = [Problem(str(w.message), place=f"{w.filename}:{w.lineno}") for w in own]
    return [problem_text(problem, "warning") for problem in dict.fromkeys(problems)]


def near(place: str) -> str:
    """Return ``file:line:col`` with the file relative to the current directory if it is in it."""
    here = f"{Path.cwd()}{os.sep}"
    return place.removeprefix(here)


def error_document(error: ProvenderError) -> dict[str, Any]:
    """Return an error as plain JSON data: its type and its problems."""
    problems = [problem_document(problem) for problem in error.problems]
    return {"type": type(error).__name__, "problems": problems}


def problem_document(problem: Problem) -> dict[str, Any]:
    """Return a problem as plain JSON data."""
    names = ("fact", "got", "allowed", "place")
    return {**{name: getattr(problem, name) for name in names}, "fix": _advice(problem)}
