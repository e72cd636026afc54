"""How views take their place in the catalog's next document: their online tables and layouts."""

from __future__ import annotations

from typing import Any

from provender.catalog.catalog import Catalog, empty_document
from provender.catalog.difference import KINDS
from provender.catalog.view import CatalogView


def start(catalog: Catalog) -> dict[str, Any]:
    """Return a document without definitions that knows which online tables were used."""
    return {**empty_document(), "retired": dict(catalog.document["retired"])}


def keep_all(document: dict[str, Any], catalog: Catalog) -> None:
    """Take over every definition that is registered."""
    document |= {part: dict(catalog.document[part]) for part in KINDS}


def place_view(document: dict[str, Any], catalog: Catalog, view: CatalogView) -> None:
    """Add a view, going on with the table and the layouts of the registered one if it can."""
    generation: int = document["retired"].get(view.name, 0)
    layouts = [view.layout.to_document()]
    stands = catalog.document["views"].get(view.name)
    if stands is not None:
        goes_on = _same_keys(stands, view) and _table_stays(stands, view)
        unused = max(stands["generation"] + 1, generation)
        generation = stands["generation"] if goes_on else unused
        if goes_on:
            older = [layout for layout in stands["layouts"] if layout not in layouts]
            layouts = [*older, *layouts]
    document["views"][view.name] = {
        **view.to_document(),
        "generation": generation,
        "layouts": layouts,
    }


def _same_keys(stands: dict[str, Any], view: CatalogView) -> bool:
    """Whether rows stored under the registered view's keys can be found under the new one's."""
    new = sorted([key.name, str(key.type)] for key in view.keys)
    return new == sorted([name, kind] for _, name, kind in stands["keys"])


def _table_stays(stands: dict[str, Any], view: CatalogView) -> bool:
    """Whether the online table was not dropped in between: it is while a view is offline."""
    return stands["definition"]["online"] or not view.view.online


def retire(document: dict[str, Any], catalog: Catalog) -> None:
    """Note the online tables that no definition names any longer, and who may not reuse them."""
    for name, stands in catalog.document["views"].items():
        stays = document["views"].get(name)
        if stays is None:
            before = document["retired"].get(name, 0)
            document["retired"][name] = max(before, stands["generation"] + 1)
        if stands["definition"]["online"] and not (
            stays and stays["definition"]["online"] and stays["generation"] == stands["generation"]
        ):
            document["dropping"].append([name, stands["generation"]])
