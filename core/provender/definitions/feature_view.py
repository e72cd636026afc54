"""`FeatureView`: features of an entity that come from one source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from provender.clock import duration_us
from provender.definitions.caller import caller_place
from provender.definitions.entity import Entity
from provender.definitions.field import Field
from provender.definitions.making import Defined
from provender.definitions.older_names import current_names, time_to_live
from provender.definitions.problems import check_name, check_type, report
from provender.definitions.projection import Projection
from provender.definitions.source import DataSource
from provender.errors import Problem
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
        description: What it is, for people.
        tags: Free labels.
        owner: Who looks after it.

    Raises:
        DefinitionError: With everything that is not valid.
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
        current, problems = current_names("FeatureView", older, _OLDER, place)
        source, schema = current.get("source", source), current.get("schema", schema)
        problems += check_name("feature view", name, place)
        problems += check_type(f"source of view {name!r}", source, DataSource, "a source", place)
        fields = tuple(schema or ())
        problems += _check_schema(name, fields, place)
        names, wrong = _entity_names(name, entities or (), place)
        span, late = _ttl(name, ttl, place)
        report([*problems, *wrong, *late])
        tags = dict(current.get("tags", tags) or {})
        values = (name, source, fields, names, span, online, description, tags, owner, place)
        for attribute, value in zip(self.__dataclass_fields__, values, strict=True):
            object.__setattr__(self, attribute, value)

    @property
    def ttl_us(self) -> int | None:
        """The time to live in µs; None: for ever, or for longer than instants reach."""
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
        """Take the view for a feature service, under another name.

        Raises:
            DefinitionError: It is no valid name.
        """
        return self.projection.with_name(name)

    def with_join_key_map(self, join_key_map: Mapping[str, str]) -> Projection:
        """Take the view for a feature service, its rows found by other columns.

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


def _check_schema(view: str, fields: tuple[object, ...], place: str) -> list[Problem]:
    problems: list[Problem] = []
    for item in fields:
        problems += check_type(f"schema of view {view!r}", item, Field, "Field(name, dtype)", place)
    names = [item.name for item in fields if isinstance(item, Field)]
    problems += [
        Problem(f"view {view!r} has two fields of one name", got=repr(name), place=place)
        for name in repeated(names)
    ]
    return problems


def _entity_names(
    view: str, entities: Sequence[Entity | str], place: str
) -> tuple[tuple[str, ...], list[Problem]]:
    problems: list[Problem] = []
    if isinstance(entities, (str, Entity)):
        entities = [entities]
    for entity in entities:
        allowed = "an Entity or its name"
        problems += check_type(f"entity of view {view!r}", entity, (Entity, str), allowed, place)
    names = tuple(e.name if isinstance(e, Entity) else str(e) for e in entities)
    if len(set(names)) < len(names):
        problems.append(
            Problem(f"view {view!r} names an entity twice", got=repr(list(names)), place=place)
        )
    return names, problems


def _ttl(view: str, ttl: object, place: str) -> tuple[timedelta | None, list[Problem]]:
    span = None if ttl is None else time_to_live(ttl)
    if ttl is None or (span is not None and span >= timedelta(0)):
        return span or None, []
    allowed = "a datetime.timedelta that is not negative, or None"
    problem = Problem(f"ttl of view {view!r} is not valid", repr(ttl), allowed, place=place)
    return None, [problem]
