"""`FeatureView`: features of an entity that come from one source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from provender.clock import duration_us
from provender.definitions.entity import Entity
from provender.definitions.field import Field, checked_fields
from provender.definitions.making import Defined, set_fields
from provender.definitions.older_names import current_names, time_to_live
from provender.definitions.places import argument_place, caller_place
from provender.definitions.problems import (
    as_mapping,
    as_tuple,
    check_name,
    check_texts,
    check_type,
    report,
)
from provender.definitions.projection import Projection
from provender.definitions.source import DataSource
from provender.errors import Problem, listed
from provender.names import repeated

_LONGEST = datetime.max - datetime.min
_OLDER = {
    "features": "schema",
    "input": "source",
    "batch_source": "source",
    "labels": "tags",
}


@dataclass(frozen=True, init=False, repr=False)
class FeatureView(Defined):
    """Features of one or several entities, read from one source.

    Args:
        name: The view's name.
        source: Where its rows are.
        schema: Its fields; columns of the source that are neither key nor timestamp when not
            given. A field that is a join key only gives that key's type.
        entities: The entities (or their names) that the features describe; none means that the
            features describe the world as a whole.
        ttl: How long a row holds after its timestamp, both ends included; None or zero: for ever.
        online: Whether the view is materialized.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.

    Raises:
        DefinitionError: Everything that is not valid, as one error.
    """

    name: str
    source: DataSource
    schema: tuple[Field, ...]
    entities: tuple[str, ...]
    ttl: timedelta | None = None
    online: bool = True
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    place: str = field(default="", compare=False, repr=False)

    def __init__(
        self,
        name: str,
        *,
        source: DataSource | None = None,
        schema: Sequence[Field] | None = None,
        entities: Sequence[Entity | str] | None = None,
        ttl: object = None,
        online: bool = True,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        **older: Any,
    ) -> None:
        place = caller_place()
        current, problems = current_names(FeatureView, older, _OLDER, place)
        source, schema = current.get("source", source), current.get("schema", schema)
        problems += check_name("feature view", name, place)
        what = f"view {name!r}"
        problems += check_type(f"source of {what}", source, DataSource, "a source", place, "source")
        fields, unfit = checked_fields(what, schema, place)
        names, wrong = entity_names(what, entities, place)
        span, late = _ttl(name, ttl, place)
        labels, unlike = as_mapping(what, current.get("tags", tags), place, "tags")
        problems += check_type(f"online of {what}", online, bool, "True or False", place, "online")
        problems += check_texts(what, {"description": description, "owner": owner}, place)
        report([*problems, *unfit, *wrong, *late, *unlike], self)
        set_fields(
            self,
            name=name,
            source=source,
            schema=fields,
            entities=names,
            ttl=span,
            online=online,
            description=description,
            tags=labels,
            owner=owner,
            place=place,
        )

    @property
    def ttl_us(self) -> int | None:
        """The time to live in µs; None: for ever, or longer than the range of timestamps."""
        return duration_us(self.ttl) if self.ttl and self.ttl < _LONGEST else None

    @property
    def projection(self) -> Projection:
        """The whole view, as a part of a feature service."""
        return Projection(self.name, place=self.place)

    def __getitem__(self, features: Sequence[str]) -> Projection:
        """Take some of the features for a feature service: ``view[["a", "b"]]``.

        Raises:
            DefinitionError: They are not a list of names, or one stands there twice.
        """
        return self.projection[features]

    def with_name(self, name: str) -> Projection:
        """Use the view in a feature service under another name.

        Raises:
            DefinitionError: The name is not valid.
        """
        return self.projection.with_name(name)

    def with_join_key_map(self, join_key_map: Mapping[str, str]) -> Projection:
        """Use the view in a feature service, its rows looked up by other columns.

        Args:
            join_key_map: Join key of the view to the column of the entity rows that holds it.
        """
        return self.projection.with_join_key_map(join_key_map)

    def to_document(self) -> dict[str, Any]:
        """Return the view as plain JSON data; `ttl` is in µs."""
        return {
            "name": self.name,
            "source": self.source.to_document(),
            "schema": [field.to_document() for field in self.schema],
            "entities": list(self.entities),
            "ttl": self.ttl_us,
            "online": self.online,
            "description": self.description,
            "tags": dict(self.tags),
            "owner": self.owner,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any], source: DataSource) -> FeatureView:
        """Return the view that `to_document` wrote, with its source already read."""
        # what is stored was checked before; a catalog may hold thousands of views
        ttl = document["ttl"]
        view = object.__new__(cls)
        view.__dict__.update(
            document,
            source=source,
            schema=tuple(map(Field.from_document, document["schema"])),
            entities=tuple(document["entities"]),
            ttl=timedelta(microseconds=ttl) if ttl else None,
            tags=dict(document["tags"]),
            place="",
        )
        return view


def entity_names(what: str, entities: object, place: str) -> tuple[tuple[str, ...], list[Problem]]:
    """Return the names of entities that are given as such or as names, and what is wrong.

    Args:
        what: What they describe, such as ``view 'stats'``.
        entities: The value of its argument ``entities``.
        place: ``file:line`` of the call.
    """
    if isinstance(entities, str | Entity):
        entities = [entities]
    allowed = "an Entity or its name"
    items, problems = as_tuple(f"entities of {what}", entities, allowed, place, "entities")
    for position, item in enumerate(items):
        kinds = (Entity, str)
        problems += check_type(
            f"entity of {what}", item, kinds, allowed, place, "entities", position
        )
    names = [e.name if isinstance(e, Entity) else e for e in items if isinstance(e, Entity | str)]
    if twice := repeated(map(str, names)):
        fact, at = f"{what} names an entity twice", argument_place(place, "entities")
        problems.append(Problem(fact, got=listed(twice), place=at))
    return tuple(names), problems


def _ttl(view: str, ttl: object, place: str) -> tuple[timedelta | None, list[Problem]]:
    span = None if ttl is None else time_to_live(ttl)
    if ttl is None or (span is not None and span >= timedelta(0)):
        return span or None, []
    allowed = "a datetime.timedelta that is not negative, or None"
    problem = Problem(f"ttl of view {view!r} is not valid", repr(ttl), allowed)
    return None, [replace(problem, place=argument_place(place, "ttl"))]
