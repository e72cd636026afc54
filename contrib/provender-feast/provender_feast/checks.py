"""What Feast says of requests and rows before it does anything with them."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from provender_feast.errors import (
    FeastRequestError,
    FeatureNameCollisionError,
    RequestDataNotFoundInEntityDfException,
)

if TYPE_CHECKING:
    import provender


def check_collisions(features: Any, *, full_feature_names: bool) -> None:
    """Check that no two features of a request have one name.

    Raises:
        FeatureNameCollisionError: Two have.
    """
    if not isinstance(features, list):
        return
    names = [ref if full_feature_names else str(ref).partition(":")[2] for ref in features]
    twice = {name for name, count in Counter(names).items() if name and count > 1}
    if twice:
        found = [ref for ref, name in zip(features, names, strict=True) if name in twice]
        raise FeatureNameCollisionError(found, full_feature_names)


def check_request_data(store: provender.FeatureStore, features: Any, rows: Any) -> None:
    """Check that entity rows have the columns that on-demand feature views take.

    Args:
        store: Knows the on-demand feature views.
        features: References, or a feature service.
        rows: A pandas DataFrame; others are checked by the offline store.

    Raises:
        RequestDataNotFoundInEntityDfException: A column is missing.
    """
    if not hasattr(rows, "columns"):
        return
    parts = getattr(features, "features", None)
    views = {one.view for one in parts} if parts else {str(f).partition(":")[0] for f in features}
    for view in store.list_on_demand_feature_views():
        requests = view.requests if view.name in views else ()
        for name in (field.name for one in requests for field in one.schema):
            if name not in rows.columns:
                raise RequestDataNotFoundInEntityDfException(
                    f"Feature {name} not found in the entity dataframe, "
                    f"but required by on demand feature view {view.name}"
                )


def is_written(store: provender.FeatureStore, view: str, rows: Any) -> bool:
    """Return whether rows have anything to write online; Feast warns of those that have not.

    Args:
        store: Knows the view.
        view: Its name.
        rows: A pandas DataFrame, a dict of columns or a list of dicts.
    """
    columns = _columns(rows)
    if not any(columns.values()):
        warnings.warn("Cannot write empty dataframe to online store", UserWarning, stacklevel=3)
        return False
    registered = store.get_feature_view(view)
    features = [field.name for field in registered.schema]
    if not set(features) & set(columns):
        message = "Cannot write dataframe with empty feature columns to online store"
        warnings.warn(message, UserWarning, stacklevel=3)
        return False
    return True


def _columns(rows: Any) -> Mapping[str, int]:
    """Return the columns of rows, and how many values each has."""
    if isinstance(rows, list):
        return {str(name): len(rows) for name in (rows[0] if rows else ())}
    if isinstance(rows, Mapping):
        return {str(name): len(values) for name, values in rows.items()}
    return {str(name): len(rows) for name in rows.columns}


def check_offline_columns(store: provender.FeatureStore, view: str, rows: Any) -> None:
    """Check that rows have just the columns that the source of a view has.

    Raises:
        FeastRequestError: They have others.
    """
    source = store.get_feature_view(view).source.stored
    expected, given = set(store.stores.offline.schema(source).names), set(_columns(rows))
    if expected != given:
        raise FeastRequestError(
            f"The input dataframe has incorrect columns: "
            f"missing_expected_columns: {sorted(expected - given)}, "
            f"extra_unexpected_columns: {sorted(given - expected)}"
        )
