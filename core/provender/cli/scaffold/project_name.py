"""Names of projects: which are allowed, and how one is generated."""

from __future__ import annotations

import secrets
from pathlib import Path

import click

from provender.cli.scaffold.taken_words import taken_word

_ADJECTIVES = (
    "amber", "brisk", "calm", "clever", "crisp", "eager", "gentle", "keen", "lively", "lucid",
    "mellow", "nimble", "patient", "quick", "quiet", "rapid", "sharp", "steady", "swift", "vivid",
)  # fmt: skip
_ANIMALS = (
    "badger", "beaver", "curlew", "dormouse", "falcon", "gecko", "heron", "ibex", "jackdaw",
    "lynx", "marten", "newt", "otter", "puffin", "raven", "salmon", "stoat", "tapir", "vole",
    "wren",
)  # fmt: skip


def check_project_name(name: str) -> str:
    """Return a name that a new project can have.

    Raises:
        BadParameter: It cannot be the ``project:`` of feature_store.yaml, or is a keyword of Python
            or a name of Provender: its directory could not be imported, or would be mistaken.
    """
    from pydantic import TypeAdapter, ValidationError

    from provender.config.model import ProjectName

    try:
        valid: str = TypeAdapter(ProjectName).validate_python(name)
    except ValidationError as error:
        allowed = "up to 100 letters, digits and _, not beginning with a digit"
        raise click.BadParameter(
            f"{name!r} cannot be the name of a project; allowed: {allowed}"
        ) from error
    if (why := taken_word(name)) is not None:
        raise click.BadParameter(f"{name!r} cannot be the name of a project: it is {why}")
    return valid


def invent_project_name(directory: Path) -> str:
    """Return a name such as ``swift_otter`` that nothing in `directory` has."""
    free = [
        name
        for adjective in _ADJECTIVES
        for animal in _ANIMALS
        if not (directory / (name := f"{adjective}_{animal}")).exists()
    ]
    return secrets.choice(free)
