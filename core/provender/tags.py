"""Labels of users: what has all of some tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from provender.definitions.problems import as_mapping
from provender.errors import RequestError


class Tagged(Protocol):
    """What has tags."""

    @property
    def tags(self) -> Mapping[str, str]:
        """Its labels."""


T = TypeVar("T", bound=Tagged)


def tagged(found: Iterable[T], tags: Mapping[str, str] | None) -> list[T]:
    """Return what has all of some tags, in its order; None: everything.

    Raises:
        RequestError: The tags are not a mapping of text to text.
    """
    labels, problems = as_mapping("the list", tags, "", "tags")
    if problems:
        raise RequestError.of(problems)
    return [one for one in found if labels.items() <= one.tags.items()]
