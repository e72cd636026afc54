"""Bodies to try the server with, made of the features that are registered."""

from __future__ import annotations

from typing import Any

from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.definitions import PushSource
from provender.types import FeatureType
from provender.wire import names

_INSTANT = "2026-01-31T12:00:00Z"
_VALUES = {"Bool": True, "String": "text", "UnixTimestamp": _INSTANT}
_MOST_FEATURES = 3


def examples(catalog: Catalog) -> dict[str, dict[str, Any]]:
    """Return a body for each path that takes one, and for which something is registered."""
    found: dict[str, dict[str, Any]] = {
        names.MATERIALIZE: {"start_ts": "2026-01-01T00:00:00Z", "end_ts": _INSTANT},
        names.MATERIALIZE_INCREMENTAL: {"end_ts": _INSTANT},
    }
    for view in map(catalog.view, catalog.view_names):
        if view.view.online:
            found.setdefault(names.REBUILD, {"feature_views": [view.name]})
            found.setdefault(names.ONLINE_FEATURES, _read(view))
            found.setdefault(
                names.WRITE_ONLINE, {"feature_view_name": view.name, "df": _rows(view)}
            )
        if isinstance(view.view.source, PushSource):
            name = view.view.source.name
            found.setdefault(names.PUSH, {"push_source_name": name, "df": _rows(view)})
    return found


def _read(view: CatalogView) -> dict[str, Any]:
    read = view.read()
    features = [f"{view.name}:{column.name}" for column in read.features[:_MOST_FEATURES]]
    return {
        "features": features,
        "entities": {column.name: [_value(column.type)] for column in read.keys},
    }


def _rows(view: CatalogView) -> dict[str, list[Any]]:
    read = view.read()
    columns = {column.source: [_value(column.type)] for column in (*read.keys, *read.features)}
    instants = (read.timestamp, read.created)
    return {**columns, **{name: [_INSTANT] for name in instants if name}}


def _value(kind: FeatureType) -> Any:
    """Return a value of a type as JSON has it; null where none comes to mind."""
    if kind.name.startswith(("Int", "Float")):
        return 1
    return _VALUES.get(kind.name)
