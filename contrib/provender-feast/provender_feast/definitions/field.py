"""`Field`: one named, typed column."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

import provender
from provender.types import FeatureType
from provender_feast.definitions.definition import Definition, placed, said_in, tags_with
from provender_feast.types import FeastType, ValueType, completed, feast_type, from_value_type


class Field(Definition):
    """A feature, a join key or a column of a request.

    Args:
        name: The column's name.
        dtype: A type of `feast.types`.
        description: A description for people.
        tags: Labels of your choice.
        vector_index: Whether Feast would index the vectors; Provender has no vector search.
        vector_length: The length of the vectors.
        vector_search_metric: How Feast would compare them.
    """

    dtype: FeastType

    def __init__(
        self,
        *,
        name: str,
        dtype: FeatureType | ValueType,
        description: str = "",
        tags: Mapping[str, str] | None = None,
        vector_index: bool = False,
        vector_length: int = 0,
        vector_search_metric: str | None = None,
    ) -> None:
        if isinstance(dtype, ValueType):
            dtype = from_value_type(dtype)
        self.name = name
        self.dtype = feast_type(dtype) if isinstance(dtype, FeatureType) else dtype
        self.description = description
        self.tags = dict(tags or {})
        self.vector_index = vector_index
        self.vector_length = vector_length
        self.vector_search_metric = vector_search_metric
        self._checked(self.to_provender)

    def __repr__(self) -> str:
        return f"Field(name={self.name!r}, dtype={self.dtype}, description={self.description!r})"

    def to_provender(self, stored: pa.DataType | None = None) -> provender.Field:
        """Return Provender's definition.

        Args:
            stored: The type of the data, which completes ``Map``.
        """
        kind = completed(self.dtype, stored) if isinstance(self.dtype, FeatureType) else self.dtype
        said = {"type": "Map" if self.dtype == FeastType("Map") else ""}
        if self.vector_index:
            said["vector"] = f"{self.vector_length} {self.vector_search_metric or ''}"
        tags = tags_with(self.tags, said)
        return placed(provender.Field(self.name, kind, self.description, tags), self.place)

    @classmethod
    def from_provender(cls, field: provender.Field) -> Field:
        """Return Feast's definition of a registered field."""
        tags, said = said_in(field.tags)
        length, _, metric = said.get("vector", "0 ").partition(" ")
        return cls(
            name=field.name,
            dtype=FeastType("Map") if said.get("type") == "Map" else feast_type(field.dtype),
            description=field.description,
            tags=tags,
            vector_index="vector" in said,
            vector_length=int(length),
            vector_search_metric=metric or None,
        )

    @classmethod
    def from_feature(cls, feature: Field) -> Field:
        """Return the field itself: a feature is one."""
        return feature
