"""The columns of a push source before anything was pushed to it: those that views declare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from provender.catalog.view import CatalogView
from provender.definitions import Entity, FeatureView
from provender.errors import RequestError, listed
from provender.plugin.kit.arrow_cast import readable_as
from provender.registration.unchanged_views import declared_type
from provender.types import FeatureType, UnixTimestamp

if TYPE_CHECKING:
    import pyarrow as pa


def left_open(view: FeatureView, entities: Sequence[Entity]) -> list[str]:
    """Return what a definition leaves to be found in the data, in words.

    Args:
        view: The view as it was defined.
        entities: Its entities.
    """
    keys = {entity.join_key for entity in entities}
    features = any(field.name not in keys for field in view.schema)
    untyped = [e.join_key for e in entities if declared_type(view, e) is None]
    return [
        *(() if view.source.timestamp_field else ("the event timestamp (timestamp_field=)",)),
        *(f"the type of join key {name!r} (value_type=)" for name in untyped),
        *(() if features else ("the features (schema=)",)),
    ]


def declared_schema(view: FeatureView, entities: Sequence[Entity]) -> pa.Schema:
    """Return the columns of a view that leaves nothing open.

    A column that only another view of the source can have is of the type null.

    Args:
        view: The view as it was defined.
        entities: Its entities.
    """
    import pyarrow as pa

    source = view.source
    fields = {entity.join_key: declared_type(view, entity) for entity in entities}
    fields |= {field.name: field.dtype for field in view.schema}
    found = {source.column_of(name): kind.arrow() for name, kind in fields.items() if kind}
    for instant in filter(None, (source.timestamp_field, source.created_timestamp_column)):
        found.setdefault(instant, UnixTimestamp.arrow())
    return pa.schema({**dict.fromkeys(source.field_mapping, pa.null()), **found})


def first_schema(views: Sequence[CatalogView]) -> pa.Schema:
    """Return the columns with which the first push makes a source.

    Args:
        views: All views that read it.

    Raises:
        RequestError: Two of them read a column as types that no one column can be read as.
    """
    import pyarrow as pa

    wanted: dict[str, list[FeatureType]] = {}
    for view in views:
        for name, kind in _columns(view):
            wanted.setdefault(name, []).append(kind)
    return pa.schema([(name, _shared(name, kinds).arrow()) for name, kinds in wanted.items()])


def _columns(view: CatalogView) -> Iterator[tuple[str, FeatureType]]:
    read = view.read()
    yield from ((column.source, column.type) for column in read.keys)
    yield from ((n, UnixTimestamp) for n in (read.timestamp, read.created) if n is not None)
    yield from ((column.source, column.type) for column in read.features)


def _shared(name: str, kinds: Sequence[FeatureType]) -> FeatureType:
    """Return the type as which a column is stored, so that every view can read it."""
    for kind in kinds:
        if all(readable_as(kind.arrow(), other) for other in kinds):
            return kind
    raise RequestError(
        f"the views of the source read column {name!r} as incompatible types",
        got=listed({str(kind) for kind in kinds}),
        fix="declare one type for it in all of them",
    )
