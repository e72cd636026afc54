"""How views take their place in the catalog's next document: their online tables and layouts."""

from __future__ import annotations

from typing import Any

from provender.catalog.catalog import KINDS, Catalog, empty_document
from provender.catalog.view import CatalogView


def start(catalog: Catalog) -> dict[str, Any]:
    """Return a document without definitions that knows which online tables were used."""
    return {**empty_document(), "retired": dict(catalog.document["retired"])}


def keep_all(document: dict[str, Any], catalog: Catalog) -> None:
    """Take over every definition that is registered."""
    document |= {part: dict(catalog.document[part]) for part in KINDS}


def place_view(document: dict[str, Any], catalog: Catalog, view: CatalogView) -> None:
    """Add a view; it continues the table and the layouts of the registered one where it can."""
    generation: int = document["retired"].get(view.name, 0)
    layouts = [view.layout.to_document()]
    registered = catalog.document["views"].get(view.name)
    if registered is not None:
        continues = _same_keys(registered, view) and _table_stays(registered, view)
        unused = max(registered["generation"] + 1, generation)
        generation = registered["generation"] if continues else unused
        if continues:
            older = [layout for layout in registered["layouts"] if layout not in layouts]
            layouts = [*older, *layouts]
    document["views"][view.name] = {
        **view.to_document(),
        "generation": generation,
        "layouts": layouts,
    }


def _same_keys(registered: dict[str, Any], view: CatalogView) -> bool:
    """Whether rows stored under the registered view's keys can be found under the new one's."""
    new = sorted([key.name, str(key.type)] for key in view.keys)
    return new == sorted([name, kind] for _, name, kind in registered["keys"])


def _table_stays(registered: dict[str, Any], view: CatalogView) -> bool:
    """Whether the online table was not dropped in between: it is while a view is offline."""
    return registered["definition"]["online"] or not view.view.online


def note_dropped(document: dict[str, Any], catalog: Catalog) -> None:
    """Note the online tables that no definition names any longer, and who may not reuse them."""
    for name, known in catalog.document["views"].items():
        stays = document["views"].get(name)
        if stays is None:
            before = document["retired"].get(name, 0)
            document["retired"][name] = max(before, known["generation"] + 1)
        if known["definition"]["online"] and not (
            stays and stays["definition"]["online"] and stays["generation"] == known["generation"]
        ):
            document["dropping"].append([name, known["generation"]])
