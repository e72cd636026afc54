"""The columns of sources, each source read once per plan, however many views read it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from provender.definitions import DataSource
from provender.errors import ProvenderError

if TYPE_CHECKING:
    import pyarrow as pa

SchemaOf = Callable[[DataSource], "pa.Schema"]
"""Returns the stored columns of a source, or raises SourceError."""

NO_MATTER = frozenset(
    {
        "created_timestamp_column",
        "description",
        "field_mapping",
        "owner",
        "tags",
        "timestamp_field",
    }
)
"""What a definition says of the columns and for people: it does not change which there are."""


class SourceSchemas:
    """Looks sources up in the offline store, each only once.

    Args:
        schema_of: Looks one up.
    """

    def __init__(self, schema_of: SchemaOf) -> None:
        self._schema_of = schema_of
        self._found: dict[tuple[type, bytes], pa.Schema | ProvenderError] = {}

    def of(self, source: DataSource) -> pa.Schema:
        """Return the stored columns of a source.

        Raises:
            ProvenderError: What the store raised, for each source that reads the same.
        """
        source = source.stored
        key = _reading(source)
        if key not in self._found:
            self._found[key] = self._look_up(source)
        found = self._found[key]
        if isinstance(found, ProvenderError):
            raise found
        return found

    def _look_up(self, source: DataSource) -> pa.Schema | ProvenderError:
        try:
            return self._schema_of(source)
        except ProvenderError as error:
            return error


def _reading(source: DataSource) -> tuple[type, bytes]:
    """Return what is equal for sources that have the same columns."""
    import msgspec.json

    parts = {k: v for k, v in source.to_document().items() if k not in NO_MATTER}
    return type(source), msgspec.json.encode(parts, order="sorted")
