"""The projects that share a registry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from provender.catalog.catalog import decode
from provender.clock import from_us
from provender.plugin.contract.registry import Registry

_CATALOG = "/catalog"


@dataclass(frozen=True, slots=True)
class Project:
    """A project of a registry.

    Attributes:
        name: Its name.
        version: The newest version of its catalog.
        changed: When that was committed, in UTC.
        author: Who committed it.
        entities: How many entities are registered.
        feature_views: How many feature views are registered.
    """

    name: str
    version: int
    changed: datetime
    author: str
    entities: int
    feature_views: int

    def to_json(self) -> dict[str, Any]:
        """Return the project as plain JSON data."""
        return {**asdict(self), "changed": self.changed.isoformat()}


def projects(registry: Registry) -> Iterator[Project]:
    """Yield the projects of a registry, by name.

    Raises:
        RegistryError: The registry cannot be read or a document is damaged.
    """
    for name in registry.names():
        project = name.removesuffix(_CATALOG)
        is_catalog = project != name and "/" not in project  # not the ledger of a view `catalog`
        found = registry.read(name) if is_catalog else None
        if found is not None:
            document = decode(found.payload, name)
            yield Project(
                project,
                found.version,
                from_us(found.written_us),
                document.get("commit", {}).get("author", ""),
                len(document["entities"]),
                len(document["views"]),
            )
