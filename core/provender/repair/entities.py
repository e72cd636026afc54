"""The entities of a repair: the views that hold their rows, and their join keys in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.entity_views import lacking_keys
from provender.errors import Problem, RequestError, listed
from provender.online.keys import KeyCodec
from provender.push.pushed_rows import PushedRows
from provender.push.typed_column import MOST_ROWS, DoesNotFit, typed
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa


def views_of(catalog: Catalog, rows: PushedRows, names: Sequence[str] | None) -> list[CatalogView]:
    """Return the online views whose join keys are all among the columns of some rows.

    Args:
        catalog: What is registered.
        rows: The join keys of the entities.
        names: The feature views; None: all.

    Raises:
        NotFound: A view is not registered.
        RequestError: There is no such view, a column is no join key, or a view that is named
            lacks some.
    """
    if not rows.columns:
        allowed = "rows with a column for each join key, such as [{'driver_id': 1001}]"
        raise RequestError("the join keys of the entities are needed", allowed=allowed)
    lacking = lacking_keys(catalog, rows.columns, names)
    found = [catalog.view(name) for name, missing in lacking.items() if not missing]
    if not found:
        raise RequestError.of(
            Problem(
                f"the entities lack join keys of feature view {name!r}",
                got=listed(rows.columns),
                fix=f"give {listed(missing)} too",
            )
            for name, missing in lacking.items()
        )
    return found


def keys_of(views: Sequence[CatalogView], rows: PushedRows) -> dict[str, pa.Table]:
    """Return the join keys of each view as columns of their types, each entity once.

    Raises:
        RequestError: With every column that is of another type, or holds nulls.
    """
    import pyarrow as pa

    wanted = dict.fromkeys((key.name, key.type) for view in views for key in view.keys)
    columns: dict[tuple[str, FeatureType], pa.Array] = {}
    problems: list[Problem] = []
    for name, kind in wanted:
        try:
            column = typed(rows.columns[name], kind, exact_floats=rows.exact_floats)
        except DoesNotFit as error:
            where = f" in {_numbered(error.rows)}" if error.rows else ""
            fact = f"join key {name!r} is of the wrong type{where}"
            problems.append(Problem(fact, got=error.got, allowed=str(kind)))
            continue
        if column.null_count:
            places = [n for n, is_null in enumerate(column.is_null().to_pylist()) if is_null]
            problems.append(Problem(f"join key {name!r} is null in {_numbered(places)}"))
        columns[name, kind] = column
    if problems:
        raise RequestError.of(problems)
    return {
        view.name: _distinct(view, pa.table({k.name: columns[k.name, k.type] for k in view.keys}))
        for view in views
    }


def encoded_keys(view: CatalogView, keys: pa.Table) -> list[bytes]:
    """Return the key in the online store of each row of `keys`."""
    codec = KeyCodec([(key.name, key.type) for key in view.keys])
    columns = {name: keys.column(name).combine_chunks() for name in codec.names}
    return codec.encode_columns(columns, keys.num_rows)


def _distinct(view: CatalogView, keys: pa.Table) -> pa.Table:
    places: dict[bytes, int] = {}
    for place, key in enumerate(encoded_keys(view, keys)):
        places.setdefault(key, place)
    return keys.take(list(places.values())) if len(places) < keys.num_rows else keys


def _numbered(rows: Sequence[int]) -> str:
    shown = ", ".join(map(str, rows[:MOST_ROWS]))
    more = " and more" if len(rows) > MOST_ROWS else ""
    return f"row{'s' if len(rows) > 1 else ''} {shown}{more}"
