"""Problems of definitions: raised at once, or collected while a whole repository loads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from provender.definitions.places import argument_place
from provender.errors import DefinitionError, Problem, value_text

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_collected: ContextVar[list[Problem] | None] = ContextVar("collected", default=None)


@dataclass(frozen=True)
class Flaws:
    """What is known to be wrong with definitions before they are checked against the data.

    Attributes:
        problems: What is wrong with them.
        unchecked: The names of views that are not among them, since they cannot be checked
            further; such as one without a source.
        complete: Whether nothing else may be missing among them that others name.
    """

    problems: tuple[Problem, ...] = ()
    unchecked: frozenset[str] = frozenset()
    complete: bool = True


NO_FLAWS = Flaws()


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems in the order in which people meet them in their files."""

    def place(problem: Problem) -> tuple[str, int]:
        file, _, line = (problem.place or "").rpartition(":")
        return file, int(line) if line.isdecimal() else 0

    return sorted(problems, key=place)


@contextmanager
def collecting() -> Iterator[list[Problem]]:
    """Collect the problems of every definition made inside, instead of raising the first."""
    problems: list[Problem] = []
    token = _collected.set(problems)
    try:
        yield problems
    finally:
        _collected.reset(token)


def report(problems: Sequence[Problem], of: object = None) -> None:
    """Raise `problems` as one DefinitionError, or add them to those being collected.

    Args:
        problems: What is wrong.
        of: The definition; where problems are collected, it is made, and marked as not `usable`.

    Raises:
        DefinitionError: There are problems and nobody collects them.
    """
    if not problems:
        return
    collected = _collected.get()
    if collected is None:
        raise DefinitionError.of(problems)
    collected.extend(problems)
    if of is not None:
        object.__setattr__(of, "usable", False)


def check_name(kind: str, name: object, place: str) -> list[Problem]:
    """Return a problem when `name` cannot name an object of the catalog."""
    if isinstance(name, str) and _NAME.fullmatch(name) and not name.startswith("__"):
        return []
    return [
        Problem(
            f"{kind} has no valid name",
            got=value_text(name),
            allowed="letters, digits, _ and -, beginning with a letter or a single _",
            place=argument_place(place, "name"),
        )
    ]


def check_type(
    what: str,
    value: object,
    types: type | tuple[type, ...],
    allowed: str,
    place: str,
    argument: str = "",
    position: int | None = None,
) -> list[Problem]:
    """Return a problem when `value` is not an instance of `types`.

    Args:
        what: What it is, in words.
        value: The value.
        types: What it may be.
        allowed: The same in words.
        place: Where the call is.
        argument: The argument of the call that has it.
        position: Its position, where the argument is a list.
    """
    if isinstance(value, types):
        return []
    place = argument_place(place, argument, position)
    return [
        Problem(f"{what} is of the wrong type", got=value_text(value), allowed=allowed, place=place)
    ]


def check_texts(what: str, values: Mapping[str, object], place: str) -> list[Problem]:
    """Return a problem for each argument that is neither text nor None.

    Args:
        what: What they are said of, such as ``feature view 'stats'``.
        values: The arguments by name.
        place: Where the call is.
    """
    return [
        problem
        for name, value in values.items()
        for problem in check_type(
            f"{name} of {what}", value, (str, type(None)), "text", place, name
        )
    ]


def as_tuple(
    what: str, value: object, allowed: str, place: str, argument: str
) -> tuple[tuple[Any, ...], list[Problem]]:
    """Return the items of a list, and a problem when it is none; None has no items."""
    if value is None:
        return (), []
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return tuple(value), []
    place = argument_place(place, argument)
    return (), [
        Problem(f"{what} is not a list", got=value_text(value), allowed=allowed, place=place)
    ]


def as_mapping(
    what: str, value: object, place: str, argument: str
) -> tuple[dict[str, str], list[Problem]]:
    """Return a mapping of text to text as a dict, and a problem when it is none; None is empty."""
    if value is None:
        return {}, []
    if isinstance(value, Mapping) and all(
        isinstance(part, str) for item in value.items() for part in item
    ):
        return dict(value), []
    fact = f"{argument} of {what} is not a mapping of text to text"
    place = argument_place(place, argument)
    return {}, [
        Problem(fact, got=value_text(value), allowed="a dict such as {'a': 'b'}", place=place)
    ]
