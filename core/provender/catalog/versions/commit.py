"""`Commit`: one version of a catalog, and who made it."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from provender.catalog.versions.diff import ObjectChange
from provender.errors import count_text


@dataclass(frozen=True, slots=True)
class Note:
    """What is said of a commit.

    Attributes:
        author: Who makes it.
        message: Why, in the author's words.
    """

    author: str
    message: str = ""

    def to_document(self) -> dict[str, str]:
        """Return the note as plain JSON data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Commit:
    """One version of a catalog.

    Attributes:
        version: Its number; the first is 1.
        at: When it was made, in UTC.
        author: Who made it.
        message: Why, in the author's words.
        changes: What it changed.
    """

    version: int
    at: datetime
    author: str
    message: str
    changes: tuple[ObjectChange, ...]

    def __repr__(self) -> str:
        why = f": {self.message}" if self.message else ""
        at, count = self.at.isoformat(sep=" ", timespec="seconds"), len(self.changes)
        changes = count_text(count, "change")
        return f"<Commit of version {self.version} by {self.author} at {at}, {changes}{why}>"

    def to_json(self) -> dict[str, Any]:
        """Return the commit as plain JSON data."""
        changes = [change.to_json() for change in self.changes]
        return {
            "version": self.version,
            "at": self.at.isoformat(),
            "author": self.author,
            "message": self.message,
            "changes": changes,
        }


def author_name(configured: str | None) -> str:
    """Return who makes a commit.

    Args:
        configured: The ``author:`` of feature_store.yaml; otherwise it is the environment
            variable PROVENDER_AUTHOR, and then the user of the machine.
    """
    return configured or os.environ.get("PROVENDER_AUTHOR") or _user()


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "unknown"
