"""`Project`: the name that all definitions of a repository belong to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from provender_feast.definitions.definition import Definition


class Project(Definition):
    """A project.

    Args:
        name: The name, which is that of feature_store.yaml.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
        created_timestamp: When it was created.
        last_updated_timestamp: When it was changed.
    """

    def __init__(
        self,
        *,
        name: str,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        created_timestamp: datetime | None = None,
        last_updated_timestamp: datetime | None = None,
    ) -> None:
        self.name = name
        self.description = description
        self.tags = dict(tags or {})
        self.owner = owner
        self.created_timestamp = created_timestamp
        self.last_updated_timestamp = last_updated_timestamp
