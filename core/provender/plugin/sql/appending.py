"""Checks of rows before they are added to a source."""

from __future__ import annotations

from collections.abc import Collection

from provender.definitions.source import DataSource
from provender.errors import SourceError, listed


def not_appendable(source: DataSource, allowed: str) -> SourceError:
    """Return the error for a source to which no rows can be added."""
    return SourceError(
        f"rows cannot be appended to source {source.name!r}",
        got=source.location(),
        allowed=allowed,
    )


def check_appended(source: DataSource, given: Collection[str], stored: Collection[str]) -> None:
    """Check that rows have the columns of a source, in any order.

    Raises:
        SourceError: They have others.
    """
    if sorted(given) != sorted(stored):
        raise SourceError(
            f"the rows do not have the columns of source {source.name!r}",
            got=listed(given),
            allowed=listed(stored),
        )
