"""The entities of a repair: the views that hold their rows, and their join keys in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.entity_views import lacking_keys
from provender.errors import Problem, RequestError, listed
from provender.online.keys import KeyCodec
from provender.push.validation import ColumnValidation
from provender.tabular.given_rows import GivenRows, given_rows

if TYPE_CHECKING:
    import pyarrow as pa


def views_of(catalog: Catalog, rows: GivenRows, names: Sequence[str] | None) -> list[CatalogView]:
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


def keys_of(views: Sequence[CatalogView], rows: GivenRows) -> dict[str, pa.Table]:
    """Return the join keys of each view as columns of their types, each entity once.

    Raises:
        RequestError: With every column that is of another type, or holds nulls.
    """
    import pyarrow as pa

    checks = ColumnValidation(rows)
    columns = {(k.name, k.type): checks.join_key(k.name, k.type) for v in views for k in v.keys}
    if checks.problems:
        raise RequestError.of(checks.problems)
    return {
        view.name: _distinct(view, pa.table({k.name: columns[k.name, k.type] for k in view.keys}))
        for view in views
    }


def encoded_keys(view: CatalogView, keys: pa.Table) -> list[bytes]:
    """Return the key in the online store of each row of `keys`."""
    codec = KeyCodec([(key.name, key.type) for key in view.keys])
    columns = {name: keys.column(name).combine_chunks() for name in codec.names}
    return codec.encode_columns(columns, keys.num_rows)


def decoded_keys(view: CatalogView, keys: Sequence[bytes]) -> pa.Table:
    """Return the join keys of a view as columns of their types, from keys of the online store."""
    codec = KeyCodec([(key.name, key.type) for key in view.keys])
    return keys_of([view], given_rows([codec.decode(key) for key in keys]))[view.name]


def _distinct(view: CatalogView, keys: pa.Table) -> pa.Table:
    places: dict[bytes, int] = {}
    for place, key in enumerate(encoded_keys(view, keys)):
        places.setdefault(key, place)
    return keys.take(list(places.values())) if len(places) < keys.num_rows else keys
