"""`RequestSource`: values that come with a request, for on-demand feature views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from provender.definitions.field import Field, checked_fields
from provender.definitions.making import Defined, set_fields
from provender.definitions.older_names import current_names
from provender.definitions.places import argument_place, caller_place
from provender.definitions.problems import as_mapping, check_name, check_texts, report
from provender.errors import Problem

_OLDER = {"labels": "tags"}


@dataclass(frozen=True, init=False, repr=False)
class RequestSource(Defined):
    """Columns of the entity rows that an on-demand feature view computes with.

    They are known only when features are requested: in training rows they are columns of the
    entity rows, online they come with the join keys.

    Args:
        name: A name for people; it is not registered by itself.
        schema: The columns and their types.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.

    Raises:
        DefinitionError: Everything that is not valid, as one error.
    """

    name: str
    schema: tuple[Field, ...]
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    place: str = field(default="", compare=False, repr=False)

    def __init__(
        self,
        name: str,
        schema: Sequence[Field],
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        **older: Any,
    ) -> None:
        place, what = caller_place(), f"request source {name!r}"
        current, problems = current_names(RequestSource, older, _OLDER, place)
        problems += check_name("request source", name, place)
        fields, unfit = checked_fields(what, schema, place)
        labels, unlike = as_mapping(what, current.get("tags", tags), place, "tags")
        problems += check_texts(what, {"description": description, "owner": owner}, place)
        if not fields and not unfit:
            at = argument_place(place, "schema")
            unfit = [Problem(f"{what} has no columns", allowed="Field(name, dtype)", place=at)]
        report([*problems, *unfit, *unlike], self)
        set_fields(
            self,
            name=name,
            schema=fields,
            description=description,
            tags=labels,
            owner=owner,
            place=place,
        )

    def to_document(self) -> dict[str, Any]:
        """Return the source as plain JSON data."""
        return {
            "name": self.name,
            "schema": [field.to_document() for field in self.schema],
            "description": self.description,
            "tags": dict(self.tags),
            "owner": self.owner,
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> RequestSource:
        """Return the source that `to_document` wrote."""
        schema = [Field.from_document(item) for item in document["schema"]]
        return cls(**{**document, "schema": schema})
