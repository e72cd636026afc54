"""`Entity`: what features describe, and the key that identifies one."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import provender
from provender_feast.definitions.definition import Definition, placed, said_in, tags_with
from provender_feast.errors import FeastDefinitionError
from provender_feast.types import ValueType, from_value_type


class Entity(Definition):
    """Something that features describe.

    Args:
        name: The entity's name.
        join_keys: The column that identifies one, in a list; by default the name.
        value_type: The key's type; by default that of the data.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
    """

    def __init__(
        self,
        *,
        name: str,
        join_keys: Sequence[str] | None = None,
        value_type: ValueType | None = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
    ) -> None:
        if value_type is None:
            warnings.warn(
                "Entity value_type will be mandatory in the next release. "
                f"Please specify a value_type for entity '{name}'.",
                DeprecationWarning,
                stacklevel=2,
            )
        if join_keys is not None and len(join_keys) > 1:
            raise FeastDefinitionError(
                f"entity {name!r} needs exactly one join key",
                got=repr(list(join_keys)),
                fix="give the feature view several entities",
            )
        self.name = name
        self.value_type = value_type or ValueType.UNKNOWN
        self.join_key = join_keys[0] if join_keys else name
        self.description = description
        self.tags = dict(tags or {})
        self.owner = owner
        self._checked(self.to_provender)

    def to_provender(self) -> provender.Entity:
        """Return Provender's definition."""
        known = self.value_type is not ValueType.UNKNOWN
        made = provender.Entity(
            self.name,
            [self.join_key],
            from_value_type(self.value_type) if known else None,
            self.description,
            tags_with(self.tags, {"value_type": self.value_type.name if known else ""}),
            self.owner,
        )
        return placed(made, self.place)

    @classmethod
    def from_provender(cls, entity: provender.Entity) -> Entity:
        """Return Feast's definition of a registered entity."""
        tags, said = said_in(entity.tags)
        return cls(
            name=entity.name,
            join_keys=[entity.join_key],
            value_type=ValueType[said.get("value_type", "UNKNOWN")],
            description=entity.description,
            tags=tags,
            owner=entity.owner,
        )
