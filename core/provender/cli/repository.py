"""Loading the definitions of a repository for the command line."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provender.cli.errors_text import problem_text
from provender.errors import DefinitionError, Problem

if TYPE_CHECKING:
    from provender.catalog.draft import Definition
    from provender.config import Config
    from provender.definitions.repository import ReadDefinitions


def repository_definitions(config: Config) -> list[Definition]:
    """Import the definition modules of a repository and return what they define.

    What they print goes to stderr, since stdout is for the answer. Each warning about their code
    is shown once, in one line; those about other people's code are left out.

    Raises:
        DefinitionError: With everything that is wrong in any module.
    """
    read = read_repository(config)
    if read.flaws.problems:
        raise DefinitionError.of(read.flaws.problems)
    return read.definitions


def read_repository(config: Config) -> ReadDefinitions:
    """Return what `repository_definitions` returns, with what is wrong instead of raising it.

    Raises:
        DefinitionError: Nothing is defined.
    """
    from provender.definitions.repository import read_definitions

    with _warnings_in_one_line(config.repo_path), redirect_stdout(sys.stderr):
        return read_definitions(config.repo_path, config.definitions)


@contextmanager
def _warnings_in_one_line(root: Path) -> Iterator[None]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield
        finally:
            for line in _lines(caught, root):
                click.echo(line, err=True)


def _lines(caught: Iterable[warnings.WarningMessage], root: Path) -> list[str]:
    own = [w for w in caught if Path(w.filename).is_relative_to(root)]
    own.sort(key=lambda w: (w.filename, w.lineno, str(w.message)))
    problems = [Problem(str(w.message), place=f"{w.filename}:{w.lineno}") for w in own]
    return [problem_text(problem, "warning") for problem in dict.fromkeys(problems)]
