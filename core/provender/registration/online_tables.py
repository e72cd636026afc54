"""How views take their place in the catalog's next document: their online tables and layouts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provender.catalog.catalog import KINDS, Catalog, empty_document
from provender.catalog.on_demand import stored_computed
from provender.catalog.view import CatalogView


def start(catalog: Catalog) -> dict[str, Any]:
    """Return a document without definitions that knows which online tables were used."""
    kept = {part: catalog.document[part] for part in ("retired", "replaced")}
    return {**empty_document(), **{part: dict(names) for part, names in kept.items()}}


def keep_all(document: dict[str, Any], catalog: Catalog) -> None:
    """Take over every definition that is registered."""
    document |= {part: dict(catalog.document[part]) for part in KINDS}


def place_view(document: dict[str, Any], catalog: Catalog, view: CatalogView) -> None:
    """Add a view; it continues the table and the layouts of the registered one where it can."""
    layouts = [view.layout.to_document()]
    placed = {**view.to_document(), "generation": next_generation(catalog, view.name)}
    registered = catalog.document["views"].get(view.name)
    if (
        registered
        and has_same_keys(registered, view.to_document())
        and _table_stays(registered, view)
    ):
        older = [layout for layout in registered["layouts"] if layout not in layouts]
        layouts = [*older, *layouts]
        kept = ("generation", "continues")
        placed |= {part: registered[part] for part in kept if part in registered}
    document["views"][view.name] = {**placed, "layouts": layouts}


def place_computed(document: dict[str, Any], catalog: Catalog) -> None:
    """Let each view store what its on-demand views compute, in a layout of its own."""
    stored = stored_computed(document)
    for name, view in document["views"].items():
        computed = stored.get(name, [])
        if computed == view.get("computed", []):
            continue
        changed = {part: value for part, value in view.items() if part != "computed"}
        changed |= {"computed": computed} if computed else {}
        source = catalog.source_of(changed)
        layout = CatalogView.from_document(catalog.project, changed, source).layout.to_document()
        older = [one for one in view["layouts"] if one != layout]
        document["views"][name] = {**changed, "layouts": [*older, layout]}


def next_generation(catalog: Catalog, view: str) -> int:
    """Return the generation of a view whose table was never used."""
    registered = catalog.document["views"].get(view)
    unused: int = catalog.document["retired"].get(view, 0)
    return max(unused, registered["generation"] + 1) if registered else unused


def keep_filling(document: dict[str, Any], catalog: Catalog) -> None:
    """Take over what is being filled, but for views that change: it would no longer fit them."""
    before, after = catalog.document["views"], document["views"]
    document["filling"] = {
        name: filling
        for name, filling in catalog.document["filling"].items()
        if before.get(name) == after.get(name)
    }


def has_same_keys(registered: Mapping[str, Any], view: Mapping[str, Any]) -> bool:
    """Whether rows stored under the registered view's keys can be found under the new one's."""
    before, after = (sorted(key[1:] for key in one["keys"]) for one in (registered, view))
    return before == after


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
