"""Rows of a push in JSON, brought to the types that the views read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.errors import NotFound
from provender.plugin.kit.source_columns import wanted_columns
from provender.push import PushReport
from provender.server.http.errors import check_row_count
from provender.store import FeatureStore
from provender.types import FeatureType
from provender.wire.json_values import columns_from_json
from provender.wire.python_rows import restore
from provender.wire.requests import PushRequest, WriteRequest

_MODES = {"online_and_offline": "both"}


def push_rows(store: FeatureStore, asked: PushRequest, rows: Any = None) -> PushReport:
    """Push the rows of a request, or `rows`: an Arrow table.

    Raises:
        ProvenderError: See `FeatureStore.push`.
    """
    name, to = asked.push_source_name, _MODES.get(asked.to, asked.to)

    def push(*, cached: bool) -> PushReport:
        catalog = store.catalog if cached else store.refresh()
        views = catalog.views_of_push_source(name)
        given = _typed(asked, views) if rows is None else rows
        return store.push(name, given, to, allow_registry_cache=True)

    return _with_newer_catalog(push, cached=asked.allow_registry_cache)


def write_rows(store: FeatureStore, asked: WriteRequest, rows: Any = None) -> PushReport:
    """Write the rows of a request online, or `rows`: an Arrow table.

    Raises:
        ProvenderError: See `FeatureStore.write_to_online_store`.
    """
    name = asked.feature_view_name

    def write(*, cached: bool) -> PushReport:
        catalog: Catalog = store.catalog if cached else store.refresh()
        given = _typed(asked, [catalog.view(name)]) if rows is None else rows
        return store.write_to_online_store(name, given, allow_registry_cache=True)

    return _with_newer_catalog(write, cached=asked.allow_registry_cache)


def check_rows(df: Any, most: int) -> None:
    """Do nothing, unless there are too many rows.

    Raises:
        TooLarge: There are.
    """
    columns = df.values() if isinstance(df, Mapping) else ()
    count = max(map(len, columns), default=0) if isinstance(df, Mapping) else len(df)
    check_row_count(count, most)


def _with_newer_catalog(push: Any, *, cached: bool) -> PushReport:
    """Push; what is not in the catalog at hand may have been registered just now."""
    try:
        report: PushReport = push(cached=cached)
    except NotFound:
        if not cached:
            raise
        report = push(cached=False)
    return report


def _typed(asked: PushRequest | WriteRequest, views: Sequence[CatalogView]) -> dict[str, list[Any]]:
    df = asked.df
    names = dict.fromkeys(name for row in df for name in row) if isinstance(df, list) else df
    columns = {n: [row.get(n) for row in df] for n in names} if isinstance(df, list) else df
    restore(columns, asked.not_finite)
    asked.not_finite = {}  # the columns may be asked for again, for a newer catalog
    types: dict[str, FeatureType] = {}
    for view in views:
        types |= wanted_columns(view.read())
    return columns_from_json(columns, types)
