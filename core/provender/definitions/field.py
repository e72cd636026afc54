"""`Field`: one named, typed column of a feature view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from provender.definitions.making import set_fields
from provender.definitions.older_names import VALUE_TYPES, feature_type, warn_older
from provender.definitions.places import argument_place, caller_place
from provender.definitions.problems import (
    as_mapping,
    as_tuple,
    check_name,
    check_texts,
    check_type,
    report,
)
from provender.errors import Problem, value_text
from provender.names import repeated
from provender.types import SCALARS, FeatureType, String, parse_type


@dataclass(frozen=True, init=False)
class Field:
    """One feature, or one join key, of a feature view's schema.

    Args:
        name: The column's name, after the source's field mapping.
        dtype: A type of `provender.types`.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it; by default who is for the view.

    Attributes:
        place: ``file:line`` of the field; not part of the definition.

    Raises:
        DefinitionError: The name or the type is not valid.
    """

    name: str
    dtype: FeatureType
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    place: str = field(default="", compare=False, repr=False)
    usable: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        dtype: object,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
    ) -> None:
        place = caller_place()
        problems = check_name("field", name, place)
        texts = {"description": description, "owner": owner}
        problems += check_texts(f"field {name!r}", texts, place)
        labels, wrong = as_mapping(f"field {name!r}", tags, place, "tags")
        problems += wrong
        known = feature_type(dtype)
        if known is None:
            problems.append(
                Problem(
                    f"field {name!r} has no known type",
                    got=value_text(dtype),
                    allowed=f"a type of provender.types: {', '.join(SCALARS)}, Array(…), …",
                    fix=f"older names: ValueType.{'|'.join(list(VALUE_TYPES)[:4])}|…",
                    place=argument_place(place, "dtype"),
                )
            )
        report(problems, self)
        set_fields(
            self,
            name=name,
            dtype=known or String,
            description=description,
            tags=labels,
            owner=owner,
            place=place,
        )

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype}"

    def __repr__(self) -> str:
        said = {"description": self.description, "tags": self.tags, "owner": self.owner}
        more = "".join(f", {name}={value!r}" for name, value in said.items() if value)
        return f"Field({self.name!r}, {self.dtype}{more})"

    def to_document(self) -> dict[str, Any]:
        """Return the field as plain JSON data."""
        said = {"owner": self.owner} if self.owner else {}  # older documents have no owners
        return {
            "name": self.name,
            "dtype": str(self.dtype),
            "description": self.description,
            "tags": dict(self.tags),
            **said,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Field:
        """Return the field that `to_document` wrote."""
        # what is stored was checked before; a catalog may hold a hundred thousand fields
        field = object.__new__(cls)
        dtype = parse_type(document["dtype"])
        field.__dict__.update(document, dtype=dtype, tags=dict(document["tags"]))
        return field


def Feature(name: str, dtype: object, labels: dict[str, str] | None = None) -> Field:  # noqa: N802
    """Return a `Field`; the older spelling of it."""
    warn_older("Feature", "provender.Field")
    return Field(name=name, dtype=dtype, tags=labels)


def checked_fields(
    what: str, schema: object, place: str
) -> tuple[tuple[Field, ...], list[Problem]]:
    """Return the fields of a schema, and a problem for what is none or has another's name.

    Args:
        what: What has the schema, such as ``view 'stats'``.
        schema: The value of its argument ``schema``.
        place: ``file:line`` of the call.
    """
    allowed = "a list of Field(name, dtype)"
    items, problems = as_tuple(f"schema of {what}", schema, allowed, place, "schema")
    for position, item in enumerate(items):
        allowed = "Field(name, dtype)"
        problems += check_type(f"schema of {what}", item, Field, allowed, place, "schema", position)
    fields = tuple(item for item in items if isinstance(item, Field))
    last = {item.name: item.place for item in fields if isinstance(item.name, str)}
    problems += [
        Problem(f"{what} has two fields of the same name", repr(name), place=last[name] or place)
        for name in repeated([item.name for item in fields if isinstance(item.name, str)])
    ]
    return fields, problems
