"""Files of a repository without definitions: reported, and what they name is not removed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provender.cli.frame.errors import problem_text
from provender.errors import DefinitionError, Problem

if TYPE_CHECKING:
    from provender.catalog.versions.diff import ObjectChange
    from provender.config import Config
    from provender.definitions.definition_files import LeftOut
    from provender.registration.plan import Plan

_FIX = (
    "list the file under `definitions: [glob, …]` in feature_store.yaml if it defines that, by "
    ".provenderignore if it does not"
)


def left_out_files(config: Config) -> list[LeftOut]:
    """Return the files of a repository that are not imported for their definitions."""
    from provender.definitions.definition_files import sorted_files

    return sorted_files(config.repo_path, config.definitions).left_out


def tell_left_out(files: Sequence[LeftOut], root: Path) -> None:
    """Tell on stderr which files were left out, and why."""
    for one in files:
        click.echo(f"Left out {one.path.relative_to(root)}: {one.why}", err=True)


def check_removals(plan: Plan, files: Sequence[LeftOut]) -> None:
    """Do nothing, unless a plan removes what a file that was left out may define.

    Raises:
        DefinitionError: A file that was left out names what is removed.
    """
    problems = refused_removals(plan, files)
    if problems:
        raise DefinitionError.of(problems)


def warn_of_removals(problems: Sequence[Problem]) -> None:
    """Tell on stderr what `provender apply` will refuse."""
    for problem in problems:
        click.echo(f"{problem_text(problem, 'warning')}\n  so apply refuses it", err=True)


def refused_removals(plan: Plan, files: Sequence[LeftOut]) -> list[Problem]:
    """Return a problem for each object that a plan removes and a left-out file names.

    Files that .provenderignore names are left out on purpose: they keep nothing.

    Args:
        plan: The plan.
        files: The files that were left out.
    """
    removed = [change for change in plan.changes if change.action == "remove"]
    removed = [change for change in removed if not _is_replaced(plan, change)]
    kept = [one for one in files if removed and not one.ignored]
    texts = [(one, one.path.read_text(errors="replace")) for one in kept]
    return [p for change in removed for p in _mentions(change, texts)]


def _is_replaced(plan: Plan, change: ObjectChange) -> bool:
    """Return whether a source goes only because its views now read another one."""
    if change.kind != "data source":
        return False
    views = plan.base.document["views"]
    users = [n for n, v in views.items() if v["definition"]["source"]["name"] == change.name]
    return bool(users) and all(name in plan.document["views"] for name in users)


def _mentions(change: ObjectChange, texts: Sequence[tuple[LeftOut, str]]) -> Iterator[Problem]:
    name = re.compile(rf"(?<![\w-]){re.escape(change.name)}(?![\w-])")
    for one, text in texts:
        found = name.search(text)
        if found:
            line = text.count("\n", 0, found.start()) + 1
            yield Problem(
                f"{change.kind} {change.name!r} would be removed, but a file that was left out "
                "names it",
                got=one.why,
                fix=_FIX,
                place=f"{one.path}:{line}",
            )
