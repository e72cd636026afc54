"""Views that are defined just as they are registered: their sources need not be read."""

from __future__ import annotations

from collections.abc import Mapping

from provender.catalog.catalog import Catalog
from provender.definitions import Entity, FeatureView
from provender.types import FeatureType


def is_unchanged(view: FeatureView, entities: Mapping[str, Entity], catalog: Catalog) -> bool:
    """Return whether a view is registered just as it is defined, and nothing of it is left open.

    A catalog of thousands of tables is planned without a look at any whose views did not change.
    A part that the definition leaves open (its fields, its timestamp, the type of a key) is
    looked for in the data each time.

    Args:
        view: The definition.
        entities: The entities that views may name.
        catalog: What is registered.
    """
    registered = catalog.document["views"].get(view.name)
    if registered is None or registered["definition"] != view.to_document():
        return False
    keys = [_key(view, entities.get(name)) for name in view.entities]
    return bool(keys == registered["keys"])


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
