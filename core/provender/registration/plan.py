"""`Plan`: what an apply would do to the catalog and to the online store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provender.catalog.catalog import Catalog
from provender.catalog.versions.diff import ObjectChange
from provender.errors import shortened
from provender.plugin.contract.hookspecs import Change
from provender.plugin.contract.online_store import OnlineTable


@dataclass(frozen=True)
class Plan:
    """An apply that was thought through and not yet done.

    Attributes:
        base: The catalog that it changes; applied to no other.
        document: The catalog's next document.
        changes: What changes, object by object.
        tables_made: Online tables that it makes.
        tables_dropped: Online tables that it drops, each with the rows that are lost (None when
            the store cannot tell).
        registered: Kind and name of every object that is registered afterwards and was asked
            for.
        filled: The views whose new tables are filled before it is done, as they are announced in
            the catalog; by name.
    """

    base: Catalog
    document: Mapping[str, Any]
    changes: tuple[ObjectChange, ...]
    tables_made: tuple[OnlineTable, ...]
    tables_dropped: tuple[tuple[OnlineTable, int | None], ...]
    registered: tuple[tuple[str, str], ...] = ()
    filled: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not self.changes and not self.tables_made and not self.tables_dropped

    @property
    def destroys(self) -> bool:
        """Whether online rows are lost, or the store cannot tell; `apply` then needs consent."""
        return any(rows != 0 for _, rows in self.tables_dropped)

    def __repr__(self) -> str:
        lost = [f"{table.view!r}" for table, rows in self.tables_dropped if rows != 0]
        loss = f"; online rows of {shortened(lost)} would be lost" if lost else ""
        project, version = self.base.project, self.base.version
        return f"<Plan of project {project!r} at version {version}: {self.summary()}{loss}>"

    def summary(self) -> str:
        """Return how many objects it adds, changes and removes, in words."""
        counts = Counter(change.action for change in self.changes)
        return f"{counts['add']} to add, {counts['change']} to change, {counts['remove']} to remove"

    def hook_changes(self) -> list[Change]:
        """Return the changes as plug-ins hear of them."""
        return [Change(change.action, change.kind, change.name) for change in self.changes]

    def to_json(self) -> dict[str, Any]:
        """Return the plan as plain JSON data."""
        return {
            "project": self.base.project,
            "base_version": self.base.version,
            "changes": [change.to_json() for change in self.changes],
            "tables_made": [table.name for table in self.tables_made],
            "tables_dropped": [
                {"table": table.name, "rows": rows} for table, rows in self.tables_dropped
            ],
        }


def tables_of(project: str, document: Mapping[str, Any]) -> list[OnlineTable]:
    """Return the online tables that a catalog document names."""
    return [
        OnlineTable(project, name, view["definition"]["ttl"], view["generation"])
        for name, view in sorted(document["views"].items())
        if view["definition"]["online"]
    ]


def tables_being_filled(project: str, document: Mapping[str, Any]) -> list[OnlineTable]:
    """Return the online tables that a catalog document names and that nobody reads yet."""
    return [
        OnlineTable(project, name, view["definition"]["ttl"], view["generation"])
        for name, view in sorted(document["filling"].items())
    ]


def dropped_tables(project: str, document: Mapping[str, Any]) -> list[OnlineTable]:
    """Return the online tables that a catalog document no longer names."""
    return [OnlineTable(project, name, None, number) for name, number in document["dropping"]]
