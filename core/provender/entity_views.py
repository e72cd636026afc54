"""The online feature views that hold rows of entities, found by the join keys that are given."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.errors import Problem, RequestError, did_you_mean, listed
from provender.names import check_given_names
from provender.types import FeatureType


def key_types(catalog: Catalog, names: Sequence[str] | None = None) -> dict[str, FeatureType]:
    """Return the types of the join keys by which online feature views are found.

    Args:
        catalog: What is registered.
        names: The feature views; None: all.

    Raises:
        NotFound: A view is not registered.
        RequestError: A view is not online, or two views have a join key in different types.
    """
    types: dict[str, FeatureType] = {}
    for view in keyed_views(catalog, names):
        for key in view.keys:
            if types.setdefault(key.name, key.type) != key.type:
                raise RequestError(
                    f"join key {key.name!r} has different types in different feature views",
                    got=f"{types[key.name]}, and {key.type} in feature view {view.name!r}",
                    fix="name the feature views that have it in one type, and then the others",
                )
    return types


def keyed_views(catalog: Catalog, names: Sequence[str] | None) -> list[CatalogView]:
    """Return the online views that have join keys, all of them or those of some names.

    Raises:
        NotFound: A view is not registered.
        RequestError: A view that is named is not online, or has no join keys.
    """
    if names is None:
        return [view for view in catalog.views() if view.view.online and view.keys]
    check_given_names("feature view", names)
    views = [catalog.view(name) for name in dict.fromkeys(names)]
    unfit = [view.name for view in views if not (view.view.online and view.keys)]
    if unfit:
        raise RequestError(
            "a feature view that is not online, or has no join keys, holds no rows of an entity",
            got=listed(unfit),
            allowed=listed(view.name for view in keyed_views(catalog, None)),
        )
    return views


def lacking_keys(
    catalog: Catalog, given: Collection[str], names: Sequence[str] | None
) -> dict[str, tuple[str, ...]]:
    """Return the join keys that are not given, for each online view of which some are.

    Args:
        catalog: What is registered.
        given: The join keys that are given.
        names: The feature views, all of whose join keys have to be given; None: all views.

    Raises:
        NotFound: A view is not registered.
        RequestError: A key is in no view, or a view that is named lacks some.
    """
    views = keyed_views(catalog, names)
    known = sorted({key.name for view in views for key in view.keys})
    unknown = [name for name in given if name not in known]
    if unknown:
        raise RequestError.of(
            Problem(
                f"no online feature view has the join key {name!r}",
                allowed=listed(known),
                fix=did_you_mean(str(name), known),
            )
            for name in unknown
        )
    lacking = {view.name: lacks(view, given) for view in views}
    if names is not None and any(lacking.values()):
        raise _incomplete(lacking)
    return {view.name: lacking[view.name] for view in views if _has_some(view, given)}


def lacks(view: CatalogView, given: Collection[str]) -> tuple[str, ...]:
    """Return the join keys of a view that are not given."""
    return tuple(key.name for key in view.keys if key.name not in given)


def _has_some(view: CatalogView, given: Collection[str]) -> bool:
    return any(key.name in given for key in view.keys)


def _incomplete(lacking: Mapping[str, tuple[str, ...]]) -> RequestError:
    return RequestError.of(
        Problem(
            f"the entity lacks join keys of feature view {name!r}",
            got=f"no {listed(missing)}",
            fix=f"give {listed(missing)} too; each row belongs to all of its join keys together",
        )
        for name, missing in lacking.items()
        if missing
    )
