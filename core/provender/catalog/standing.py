"""Views that are defined just as they are registered: nothing of them has to be looked up."""

from __future__ import annotations

from collections.abc import Mapping

from provender.catalog.catalog import Catalog
from provender.catalog.view import CatalogView
from provender.definitions import Entity, FeatureView
from provender.types import FeatureType


def standing_view(
    view: FeatureView, entities: Mapping[str, Entity], catalog: Catalog
) -> CatalogView | None:
    """Return a view as it is registered, when its definition says the same and leaves nothing open.

    A catalog of thousands of tables is planned without a look at any whose views did not change.

    Args:
        view: The definition.
        entities: The entities that views may name.
        catalog: What is registered.

    Returns:
        None when the view is not registered, differs, or when a part of it (its fields, its
        timestamp, the type of a key) is to be found in the data.
    """
    stands = catalog.document["views"].get(view.name)
    if stands is None or stands["definition"] != view.to_document():
        return None
    keys = [_key(view, entities.get(name)) for name in view.entities]
    return catalog.view(view.name) if keys == stands["keys"] else None


def _key(view: FeatureView, entity: Entity | None) -> list[str] | None:
    """Return a join key as the catalog writes it; None when its type is not declared."""
    if entity is None:
        return None
    kind = declared_type(view, entity)
    return [entity.name, entity.join_key, str(kind)] if kind else None


def declared_type(view: FeatureView, entity: Entity) -> FeatureType | None:
    """Return the type of a join key: what the view's schema says of it, or else its entity."""
    name = entity.join_key
    return next((field.dtype for field in view.schema if field.name == name), entity.value_type)
