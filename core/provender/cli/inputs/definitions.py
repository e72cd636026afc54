"""Loading the definitions of a repository for the command line."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from typing import TYPE_CHECKING

from provender.cli.frame.errors import warnings_in_one_line

if TYPE_CHECKING:
    from provender.config import Config
    from provender.definitions.repository import ReadDefinitions
    from provender.registration.draft import Definition


def repository_definitions(config: Config) -> list[Definition]:
    """Import the definition modules of a repository and return what they define.

    What they print goes to stderr, since stdout is for the answer. Each warning about their code
    is shown once, in one line; those about other people's code are left out.

    Raises:
        DefinitionError: With everything that is wrong in any module.
    """
    return read_repository(config).flawless()


def read_repository(config: Config) -> ReadDefinitions:
    """Return what `repository_definitions` returns, with what is wrong instead of raising it.

    Raises:
        DefinitionError: Nothing is defined.
    """
    from provender.compat.feast.import_name import feast_names
    from provender.definitions.repository import read_definitions

    with warnings_in_one_line(config.repo_path), redirect_stdout(sys.stderr):
        return read_definitions(config.repo_path, config.definitions, feast_names())
