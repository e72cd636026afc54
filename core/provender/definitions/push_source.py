"""`PushSource`: rows that a program pushes; its batch source stores them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar

from provender.definitions.making import set_fields
from provender.definitions.older_names import current_names, warn_older
from provender.definitions.places import caller_place
from provender.definitions.problems import as_mapping, check_name, check_texts, check_type, report
from provender.definitions.source import DataSource

_OLDER = {"labels": "tags"}
_OF_BATCH_SOURCE = ("timestamp_field", "created_timestamp_column")


class PushMode(Enum):
    """Where pushed rows go."""

    ONLINE = "online"
    OFFLINE = "offline"
    ONLINE_AND_OFFLINE = "both"


@dataclass(frozen=True, init=False, repr=False)
class PushSource(DataSource):
    """Rows that are pushed, with the batch source that keeps all of them.

    What the columns mean (`timestamp_field`, `created_timestamp_column`, `field_mapping`) is what
    the batch source says of them; offline stores read the batch source alone.

    Args:
        name: The name to push to.
        batch_source: Where all rows are stored, and read by the offline store.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.

    Raises:
        DefinitionError: Everything that is not valid, as one error.
    """

    kind: ClassVar[str] = "push"

    batch_source: DataSource

    def __init__(
        self,
        name: str,
        batch_source: DataSource | None = None,
        *,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        owner: str = "",
        **older: Any,
    ) -> None:
        place = caller_place()
        current, problems = current_names(PushSource, _without_schema(older), _OLDER, place)
        problems += check_name("push source", name, place)
        what, allowed = f"batch_source of push source {name!r}", "a source that stores rows"
        if isinstance(batch_source, PushSource):
            problems += check_type(what, batch_source, (), allowed, place, "batch_source")
        else:
            problems += check_type(what, batch_source, DataSource, allowed, place, "batch_source")
        what = f"push source {name!r}"
        labels, unlike = as_mapping(what, current.get("tags", tags), place, "tags")
        problems += check_texts(what, {"description": description, "owner": owner}, place)
        report([*problems, *unlike], self)
        set_fields(
            self,
            name=name,
            **{field: getattr(batch_source, field, None) for field in _OF_BATCH_SOURCE},
            field_mapping=dict(getattr(batch_source, "field_mapping", {})),
            description=description,
            tags=labels,
            owner=owner,
            place=place,
            batch_source=batch_source,
        )

    @property
    def stored(self) -> DataSource:
        """The batch source."""
        return self.batch_source

    def over(self, batch_source: DataSource) -> PushSource:
        """Return the same push source with another batch source."""
        pushed = type(self)(
            self.name,
            batch_source,
            description=self.description,
            tags=self.tags,
            owner=self.owner,
        )
        set_fields(pushed, place=self.place)
        return pushed

    def location(self) -> str:
        """Return where the batch source's rows are."""
        return self.batch_source.location()

    def to_document(self) -> dict[str, Any]:
        """Return the source as plain JSON data, the batch source within it."""
        return {
            "kind": self.kind,
            "name": self.name,
            "batch_source": self.batch_source.to_document(),
            "description": self.description,
            "tags": dict(self.tags),
            "owner": self.owner,
        }


def _without_schema(older: dict[str, Any]) -> dict[str, Any]:
    """Leave out the older ``schema``: what is pushed is what the views and their source say."""
    if "schema" in older:
        warn_older("PushSource(schema=)", "FeatureView(schema=)")
    return {name: value for name, value in older.items() if name != "schema"}
