"""`DataSource`: where the rows of a feature view come from. Providers add kinds of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from provender.definitions.making import Defined


@dataclass(frozen=True, kw_only=True, repr=False)
class DataSource(Defined):
    """The base of every kind of source; a provider's source class extends it.

    Attributes:
        kind: The kind's name in the catalog, such as ``file``.
        name: The source's name.
        timestamp_field: The column with the event timestamp: when a row became true.
        created_timestamp_column: The column with the time at which a row was written; it
            settles ties between rows of the same event timestamp and finds late rows.
        field_mapping: Column name in the source to field name in the view.
        description: A description for people.
        tags: Labels of your choice.
        owner: Who is responsible for it.
        place: ``file:line`` of the definition; not part of the definition.
    """

    kind: ClassVar[str]

    name: str
    timestamp_field: str | None = None
    created_timestamp_column: str | None = None
    field_mapping: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    place: str = field(default="", compare=False, repr=False)

    @property
    def stored(self) -> DataSource:
        """The source whose rows an offline store reads: this one, but for a `PushSource`."""
        return self

    def column_of(self, name: str) -> str:
        """Return the column of the source that the field `name` is read from."""
        return next(
            (column for column, mapped in self.field_mapping.items() if mapped == name), name
        )

    def location(self) -> str:
        """Return where the rows are, as text for people and messages."""
        return self.name

    def to_document(self) -> dict[str, Any]:
        """Return the source as plain JSON data."""
        names = [one.name for one in fields(self) if one.name != "place"]
        return {"kind": self.kind, **{name: _plain(getattr(self, name)) for name in names}}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> DataSource:
        """Return the source that `to_document` wrote."""
        return cls(**{name: value for name, value in document.items() if name != "kind"})


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value
