"""Problems of definitions: raised at once, or collected while a whole repository loads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from provender.errors import DefinitionError, Problem

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_collected: ContextVar[list[Problem] | None] = ContextVar("collected", default=None)


@contextmanager
def collecting() -> Iterator[list[Problem]]:
    """Collect the problems of every definition made inside, instead of raising the first."""
    problems: list[Problem] = []
    token = _collected.set(problems)
    try:
        yield problems
    finally:
        _collected.reset(token)


def report(problems: Sequence[Problem]) -> None:
    """Raise `problems` as one DefinitionError, or add them to those being collected.

    Raises:
        DefinitionError: There are problems and nobody collects them.
    """
    if not problems:
        return
    collected = _collected.get()
    if collected is None:
        raise DefinitionError.of(problems)
    collected.extend(problems)


def check_name(kind: str, name: object, place: str) -> list[Problem]:
    """Return a problem when `name` cannot name an object of the catalog."""
    if isinstance(name, str) and _NAME.fullmatch(name) and not name.startswith("__"):
        return []
    return [
        Problem(
            f"{kind} has no valid name",
            got=repr(name),
            allowed="letters, digits, _ and -, beginning with a letter or a single _",
            place=place,
        )
    ]


def check_type(
    what: str, value: object, types: type | tuple[type, ...], allowed: str, place: str
) -> list[Problem]:
    """Return a problem when `value` is not an instance of `types`."""
    if isinstance(value, types):
        return []
    return [Problem(f"{what} is of the wrong type", got=repr(value), allowed=allowed, place=place)]
