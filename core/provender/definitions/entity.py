"""`Entity`: what features describe, and the key that identifies one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provender.definitions.making import Defined, set_fields
from provender.definitions.older_names import current_names, feature_type
from provender.definitions.places import argument_place, caller_place
from provender.definitions.problems import (
    as_mapping,
    as_tuple,
    check_name,
    check_texts,
    check_type,
    report,
)
from provender.errors import Problem, listed, value_text
from provender.types import KEY_TYPES, FeatureType, parse_type

_OLDER = {"join_key": "join_keys", "labels": "tags"}


@dataclass(frozen=True, init=False, repr=False)
class Entity(Defined):
    """Something that features describe: a customer, a driver, an airport.

    Args:
        name: The entity's name.
        join_keys: The column that identifies one; by default the name.
        value_type: The key's type; by default inferred from the data.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.

    Raises:
        DefinitionError: Everything that is not valid, as one error.
    """

    name: str
    join_keys: tuple[str, ...]
    value_type: FeatureType | None = None
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    place: str = field(default="", compare=False, repr=False)

    def __init__(
        self,
        name: str,
        join_keys: Sequence[str] | None = None,
        value_type: object = None,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        **older: Any,
    ) -> None:
        place = caller_place()
        current, problems = current_names(Entity, older, _OLDER, place)
        join_keys, tags = current.get("join_keys", join_keys), current.get("tags", tags)
        problems += check_name("entity", name, place)
        what = f"entity {name!r}"
        keys, wrong = _names(what, name if join_keys is None else join_keys, place)
        labels, unfit = as_mapping(what, tags, place, "tags")
        problems += [
            *wrong,
            *unfit,
            *check_texts(what, {"description": description, "owner": owner}, place),
        ]
        if len(keys) != 1 and not wrong:
            problems.append(_one_key(name, keys, place))
        known = None if value_type is None else feature_type(value_type)
        if value_type is not None and (known is None or known.name not in KEY_TYPES):
            problems.append(_key_type(name, value_type, place))
        report(problems, self)
        set_fields(
            self,
            name=name,
            join_keys=keys or (name,),
            value_type=known,
            description=description,
            tags=labels,
            owner=owner,
            place=place,
        )

    @property
    def join_key(self) -> str:
        """The column that identifies one of this entity."""
        return self.join_keys[0]

    def to_document(self) -> dict[str, Any]:
        """Return the entity as plain JSON data."""
        return {
            "name": self.name,
            "join_keys": list(self.join_keys),
            "value_type": str(self.value_type) if self.value_type else None,
            "description": self.description,
            "tags": dict(self.tags),
            "owner": self.owner,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Entity:
        """Return the entity that `to_document` wrote."""
        kind = document["value_type"]
        return cls(**{**document, "value_type": parse_type(kind) if kind else None})


def _names(what: str, value: object, place: str) -> tuple[tuple[str, ...], list[Problem]]:
    """Return join keys as a tuple, and a problem for each that is not a name."""
    if isinstance(value, str):
        return (value,), []
    allowed = "the name of one column"
    names, problems = as_tuple(f"join_keys of {what}", value, allowed, place, "join_keys")
    for position, name in enumerate(names):
        problems += check_type(
            f"join key of {what}", name, str, allowed, place, "join_keys", position
        )
    return names, problems


def _one_key(name: str, keys: tuple[str, ...], place: str) -> Problem:
    return Problem(
        f"entity {name!r} needs exactly one join key",
        got=value_text(list(keys)),
        fix="for a composite key, give the feature view several entities",
        place=argument_place(place, "join_keys"),
    )


def _key_type(name: str, value_type: object, place: str) -> Problem:
    return Problem(
        f"entity {name!r} cannot have a key of that type",
        got=value_text(value_type),
        allowed=listed(KEY_TYPES),
        fix="keys are compared for equality, so floats, decimals and nested types are left out",
        place=argument_place(place, "value_type"),
    )
