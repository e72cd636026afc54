"""`Definition`: what Feast's entities, sources, views and services have in common."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar

from provender_feast.errors import FeastUnsupportedError, as_feasts

_TAG = "provender-feast"
"""The tag that keeps what only Feast's definitions say."""


class _Placed(Protocol):
    @property
    def place(self) -> str: ...


D = TypeVar("D", bound=_Placed)


class Definition:
    """The base of definitions: equal when they say the same, and checked when they are made.

    Attributes:
        name: The name.
        place: ``file:line`` of the definition.
        created_timestamp: Feast's; Provender's history has it for every version.
        last_updated_timestamp: Feast's, too.
    """

    kind: ClassVar[str]

    name: str
    description: str
    tags: dict[str, str]
    owner: str
    place: str = ""
    created_timestamp: datetime | None = None
    last_updated_timestamp: datetime | None = None

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._content() == _content(other)

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.name, self.description))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"

    def to_provender(self) -> Any:
        """Return Provender's definition.

        Raises:
            TypeError: It has none of its own.
        """
        raise TypeError(f"{self!r} is not registered by itself")

    def _content(self) -> dict[str, object]:
        left_out = ("place", "created_timestamp", "last_updated_timestamp")
        return {name: value for name, value in vars(self).items() if name not in left_out}

    def _checked(self, make: Callable[[], _Placed]) -> None:
        """Make Provender's definition, which checks the arguments, and note where it is."""
        with as_feasts():
            self.place = make().place


def _content(other: object) -> dict[str, object]:
    return other._content() if isinstance(other, Definition) else {}


def placed(definition: D, place: str) -> D:
    """Return Provender's definition with the place of Feast's."""
    if place:
        object.__setattr__(definition, "place", place)
    return definition


def tags_with(tags: Mapping[str, str], said: Mapping[str, Any]) -> dict[str, str]:
    """Return tags that keep what only Feast's definition says; `said_in` reads it again."""
    kept = {name: value for name, value in said.items() if value not in (None, "", [], {})}
    return {**tags, **({_TAG: json.dumps(kept, sort_keys=True)} if kept else {})}


def said_in(tags: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the user's own tags, and what only Feast's definition said."""
    own = {name: value for name, value in tags.items() if name != _TAG}
    return own, json.loads(tags.get(_TAG, "{}"))


def refuse(what: str, arguments: Mapping[str, tuple[object, object]], fix: str) -> None:
    """Refuse arguments that Provender cannot honour.

    Args:
        what: What has them, in words.
        arguments: For each its value, and the one that says nothing.
        fix: What to do instead.

    Raises:
        FeastUnsupportedError: One says something.
    """
    for name, (value, nothing) in arguments.items():
        if value not in (nothing, None):
            fact = f"{what}: {name}= is not supported"
            raise FeastUnsupportedError(fact, got=repr(value), fix=fix)
