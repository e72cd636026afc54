"""The next document of a catalog: what is registered, updated by definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provender.catalog.catalog import Catalog
from provender.catalog.on_demand import (
    CatalogOnDemandView,
    resolve_on_demand,
    with_keys_of,
)
from provender.catalog.services import Views, broken_contracts, resolve_service
from provender.catalog.source_schemas import SchemaOf
from provender.catalog.view import CatalogView
from provender.definitions import (
    DataSource,
    Entity,
    FeatureService,
    FeatureView,
    OnDemandFeatureView,
)
from provender.definitions.problems import NO_FLAWS, Flaws, in_order
from provender.errors import DefinitionError, Problem, value_text
from provender.registration.online_tables import (
    keep_all,
    keep_filling,
    note_dropped,
    place_computed,
    place_view,
    start,
)
from provender.registration.resolve import ViewResolver
from provender.transforms.checking import check_function
from provender.transforms.loading import remember

Definition = Entity | FeatureView | OnDemandFeatureView | FeatureService | DataSource
_ALLOWED = "an Entity, a FeatureView, an OnDemandFeatureView, a FeatureService or a source"
_WORDS: Mapping[type, str] = {
    Entity: "entity",
    FeatureView: "feature view",
    OnDemandFeatureView: "on-demand feature view",
    FeatureService: "feature service",
    DataSource: "data source",
}


def draft(
    catalog: Catalog,
    objects: Sequence[Definition],
    schema_of: SchemaOf,
    *,
    partial: bool,
    flaws: Flaws = NO_FLAWS,
) -> dict[str, Any]:
    """Return the document that registers `objects`.

    Args:
        catalog: What is registered now.
        objects: The definitions.
        schema_of: Looks a source up in the offline store.
        partial: Keep what is registered and not among `objects`; otherwise it is removed.
        flaws: What is known to be wrong with the definitions already.

    Raises:
        DefinitionError: Everything that is wrong in any of them, as one error.
    """
    wrong = [*flaws.problems, *_kinds(objects)]
    objects = [o for o in objects if isinstance(o, Definition)]
    wrong += _doubles(objects)
    entities = {o.name: o for o in objects if isinstance(o, Entity)}
    usable = {**catalog.entities, **entities} if partial else entities
    resolver = ViewResolver(catalog, usable, schema_of, flaws)
    given = [o for o in objects if isinstance(o, FeatureView)]
    dependent = _dependent_views(catalog, entities, given) if partial else []
    views = [resolver.resolve(view) for view in (*given, *dependent)]
    wrong += resolver.problems
    document = start(catalog)
    if partial:
        keep_all(document, catalog)
    document["entities"] |= {name: entity.to_document() for name, entity in entities.items()}
    document["views"] |= {name: catalog.document["views"][name] for name in resolver.unchanged}
    for view in views:
        if view is not None:
            place_view(document, catalog, view)
            _complete_entity(document, view)
    stored = Views(document["views"], resolver.unclear, flaws.complete)
    unclear, problems = _place_on_demand_views(document, objects, catalog, stored)
    wrong += problems
    if not wrong:
        place_computed(document, catalog)
    offered = {**document["views"], **document["on_demand_views"]}
    unclear = {*unclear, *resolver.unclear}
    wrong += _place_services(document, objects, Views(offered, unclear, flaws.complete))
    if wrong:
        raise DefinitionError.of(in_order(wrong))
    _keep_found_types(document, catalog)
    _place_sources(document, objects)
    note_dropped(document, catalog)
    keep_filling(document, catalog)
    return document


def _dependent_views(
    catalog: Catalog, entities: Mapping[str, Entity], given: Sequence[FeatureView]
) -> list[FeatureView]:
    """Return the registered views that are not given now but whose entities get another key."""
    moved = {
        name
        for name, entity in entities.items()
        if (registered := catalog.entities.get(name)) and _has_new_key(registered, entity)
    }
    names = [
        name
        for name, view in catalog.document["views"].items()
        if moved.intersection(view["definition"]["entities"])
    ]
    again = {view.name for view in given}
    return [catalog.view(name).view for name in names if name not in again]


def _has_new_key(registered: Entity, entity: Entity) -> bool:
    """Whether an entity gets another key than it has."""
    same_type = entity.value_type in (None, registered.value_type)
    return registered.join_keys != entity.join_keys or not same_type


def _complete_entity(document: dict[str, Any], view: CatalogView) -> None:
    """Note the type that a key was found to have in the data, where its entity leaves it open."""
    for key in view.keys:
        entity = document["entities"].get(key.entity)
        if entity is not None and entity["value_type"] is None:
            document["entities"][key.entity] = {**entity, "value_type": str(key.type)}


def _keep_found_types(document: dict[str, Any], catalog: Catalog) -> None:
    """Let an entity without a type keep the one that its key was found to have before."""
    for name, entity in document["entities"].items():
        known = catalog.document["entities"].get(name)
        if known and entity["value_type"] is None and known["join_keys"] == entity["join_keys"]:
            document["entities"][name] = {**entity, "value_type": known["value_type"]}


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


def _place_on_demand_views(
    document: dict[str, Any], objects: Sequence[Definition], catalog: Catalog, views: Views
) -> tuple[set[str], list[Problem]]:
    """Register on-demand feature views with the features that they are given.

    The function of each that is new or changed is tried.

    Args:
        document: The next document, with all feature views that have no problems.
        objects: The definitions.
        catalog: What is registered.
        views: What is known of the feature views.

    Returns:
        The names of those that have problems, and a problem for each that cannot be given what it
        names, or no longer what it was given, or whose function does not return what it declares.
    """
    kept, unclear = dict(document["on_demand_views"]), set[str]()
    problems: list[Problem] = []
    for view in (o for o in objects if isinstance(o, OnDemandFeatureView)):
        kept.pop(view.name, None)
        resolved, wrong = resolve_on_demand(view, views) if view.usable else (None, [])
        if view.name in document["views"]:
            fact = f"a feature view and an on-demand feature view are both named {view.name!r}"
            wrong = [*wrong, Problem(fact, fix="rename one of them", place=view.place or None)]
        if resolved and not wrong:
            remember(view.function)
            if catalog.document["on_demand_views"].get(view.name) != resolved:
                wrong = check_function(view, CatalogOnDemandView.from_document(resolved).columns)
            document["on_demand_views"][view.name] = resolved
        problems += wrong
        unclear |= {view.name} if wrong or not resolved else set()
    for name, registered in kept.items():
        document["on_demand_views"][name] = with_keys_of(registered, views)
    return unclear, [*problems, *broken_contracts("on-demand feature view", kept, views)]


def _place_services(
    document: dict[str, Any],
    objects: Sequence[Definition],
    views: Views,
) -> list[Problem]:
    """Register services with the features that they are given.

    Args:
        document: The next document, with all views that have no problems.
        objects: The definitions.
        views: What is known of the views.

    Returns:
        A problem for each that cannot be given what it names, or no longer what it was given.
    """
    services = [o for o in objects if isinstance(o, FeatureService)]
    kept = dict(document["services"])
    problems: list[Problem] = []
    for service in services:
        kept.pop(service.name, None)
        resolved, wrong = resolve_service(service, views)
        document["services"][service.name] = resolved
        problems += wrong
    return [*problems, *broken_contracts("feature service", kept, views)]


def restored(catalog: Catalog, then: Catalog) -> dict[str, Any]:
    """Return the document that registers what an earlier version did.

    A view whose online table still exists keeps it.

    Args:
        catalog: What is registered now.
        then: The earlier version.
    """
    document = start(catalog)
    document["entities"] = dict(then.document["entities"])
    document["sources"] = dict(then.document["sources"])
    document["on_demand_views"] = dict(then.document["on_demand_views"])
    document["services"] = dict(then.document["services"])
    for name in then.view_names:
        place_view(document, catalog, then.view(name))
    note_dropped(document, catalog)
    keep_filling(document, catalog)
    return document


def as_list(objects: Definition | Iterable[Definition]) -> list[Definition]:
    """Return definitions as a list: they may be a generator, or one alone.

    Raises:
        DefinitionError: They are neither.
    """
    if isinstance(objects, Definition):
        return [objects]
    if isinstance(objects, str | bytes | Mapping) or not isinstance(objects, Iterable):
        allowed = f"{_ALLOWED}, or a list of them"
        raise DefinitionError("not a definition", got=value_text(objects), allowed=allowed)
    return list(objects)


def _kinds(objects: Sequence[object]) -> list[Problem]:
    return [
        Problem("not a definition", got=value_text(o), allowed=_ALLOWED)
        for o in objects
        if not isinstance(o, Definition)
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
    """Return what a definition is, in words, such as ``feature view``."""
    return next(word for kind, word in _WORDS.items() if isinstance(definition, kind))
