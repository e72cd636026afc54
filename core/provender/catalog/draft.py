"""The next document of a catalog: definitions laid over the one that stands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provender.catalog.catalog import Catalog, empty_document
from provender.catalog.resolve import SchemaOf, ViewResolver
from provender.catalog.view import CatalogView
from provender.definitions import DataSource, Entity, FeatureView
from provender.errors import DefinitionError, Problem

Definition = Entity | FeatureView | DataSource


def draft(
    catalog: Catalog, objects: Sequence[Definition], schema_of: SchemaOf, *, partial: bool
) -> dict[str, Any]:
    """Return the document that registers `objects`.

    Args:
        catalog: What is registered now.
        objects: The definitions.
        schema_of: Looks a source up in the offline store.
        partial: Keep what is registered and not among `objects`; otherwise it is removed.

    Raises:
        DefinitionError: With everything that is wrong in any of them.
    """
    problems = [*_kinds(objects), *_doubles(objects)]
    entities = {o.name: o for o in objects if isinstance(o, Entity)}
    usable = {**catalog.entities, **entities} if partial else entities
    resolver = ViewResolver(catalog.project, usable, schema_of)
    views = [resolver.resolve(o) for o in objects if isinstance(o, FeatureView)]
    problems += resolver.problems
    if problems:
        raise DefinitionError.of(problems)
    document = _start(catalog, partial=partial)
    document["entities"] |= {name: entity.to_document() for name, entity in entities.items()}
    for view in views:
        if view is not None:
            _place_view(document, catalog, view)
            _complete_entity(document, view)
    _keep_found_types(document, catalog)
    _place_sources(document, objects)
    _retire(document, catalog)
    return document


def _start(catalog: Catalog, *, partial: bool) -> dict[str, Any]:
    document = empty_document()
    document["retired"] = dict(catalog.document["retired"])
    if partial:
        for part in ("entities", "sources", "views"):
            document[part] = dict(catalog.document[part])
    return document


def _complete_entity(document: dict[str, Any], view: CatalogView) -> None:
    """Note the type that a key was found to have in the data, where its entity leaves it open."""
    for key in view.keys:
        entity = document["entities"].get(key.entity)
        if entity is not None and entity["value_type"] is None:
            document["entities"][key.entity] = {**entity, "value_type": str(key.type)}


def _keep_found_types(document: dict[str, Any], catalog: Catalog) -> None:
    """Let an entity without a type keep the one that its key was found to have before."""
    for name, entity in document["entities"].items():
        stands = catalog.document["entities"].get(name)
        if stands and entity["value_type"] is None and stands["join_keys"] == entity["join_keys"]:
            document["entities"][name] = {**entity, "value_type": stands["value_type"]}


def _place_view(document: dict[str, Any], catalog: Catalog, view: CatalogView) -> None:
    """Add a view, going on with the table and the layouts of the registered one if it can."""
    generation: int = document["retired"].get(view.name, 0)
    layouts = [view.layout.to_document()]
    stands = catalog.document["views"].get(view.name)
    if stands is not None:
        goes_on = _same_keys(stands, view) and _table_stays(stands, view)
        generation = stands["generation"] + (0 if goes_on else 1)
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


def _place_sources(document: dict[str, Any], objects: Sequence[Definition]) -> None:
    """Register the sources of all views and, over them, those that were given now."""
    for view in document["views"].values():
        source = view["definition"]["source"]
        document["sources"].setdefault(source["name"], source)
    for o in objects:
        if isinstance(o, FeatureView):
            source = document["views"][o.name]["definition"]["source"]
            document["sources"][source["name"]] = source
    named = {o.name: o.to_document() for o in objects if isinstance(o, DataSource)}
    document["sources"] |= named


def _retire(document: dict[str, Any], catalog: Catalog) -> None:
    """Note the online tables that no definition names any longer, and who may not reuse them."""
    for name, stands in catalog.document["views"].items():
        stays = document["views"].get(name)
        if stays is None:
            document["retired"][name] = stands["generation"] + 1
        if stands["definition"]["online"] and not (
            stays and stays["definition"]["online"] and stays["generation"] == stands["generation"]
        ):
            document["dropping"].append([name, stands["generation"]])


def _kinds(objects: Sequence[object]) -> list[Problem]:
    return [
        Problem("not a definition", got=repr(o), allowed="an Entity, a FeatureView or a source")
        for o in objects
        if not isinstance(o, Entity | FeatureView | DataSource)
    ]


def _doubles(objects: Sequence[Definition]) -> list[Problem]:
    """Return a problem for each two different definitions of one kind and name."""
    problems = []
    seen: dict[tuple[str, str], Definition] = {}
    sources = [o.source for o in objects if isinstance(o, FeatureView)]
    for o in [*objects, *sources]:
        kind = kind_of(o)
        first = seen.setdefault((kind, o.name), o)
        if first != o:
            fact = f"two different definitions of {kind} {o.name!r}"
            problems.append(Problem(fact, got=f"the other: {first.place}", place=o.place or None))
    return problems


def kind_of(definition: object) -> str:
    """Return what a definition is, in words: ``entity``, ``feature view`` or ``data source``."""
    if isinstance(definition, Entity):
        return "entity"
    return "feature view" if isinstance(definition, FeatureView) else "data source"
