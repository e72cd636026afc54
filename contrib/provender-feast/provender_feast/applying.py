"""Registering Feast's definitions: what is made of them, and what Feast prints of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import provender
from provender.errors import DefinitionError, NoDataYet
from provender_feast.definitions import (
    DataSource,
    Definition,
    Entity,
    FeatureService,
    FeatureView,
    LabelView,
    OnDemandFeatureView,
    Project,
    RequestSource,
)
from provender_feast.errors import (
    FeastDefinitionError,
    FeastJoinKeysDuringMaterialization,
    FeastUnsupportedError,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from provender.registration.plan import Plan

_KINDS: Final = {
    "entity": "entity",
    "feature view": "feature view",
    "on-demand feature view": "on demand feature view",
    "feature service": "feature service",
}
"""What Feast calls the kinds of objects that it lists."""
_DONE: Final = {"add": "Created", "change": "Updated", "remove": "Deleted"}


def as_list(objects: Definition | Iterable[Definition]) -> list[Definition]:
    """Return definitions as a list: one may be given alone.

    Raises:
        FeastDefinitionError: Something is not a definition.
    """
    found = [objects] if isinstance(objects, Definition) else list(objects)
    for one in found:
        if not isinstance(one, Definition):
            raise FeastDefinitionError("not a definition of Feast", got=repr(one))
    return found


def to_provender(store: provender.FeatureStore, objects: Sequence[Definition]) -> list[Any]:
    """Return Provender's definitions of Feast's.

    Args:
        store: Knows the columns of sources, which complete what ``Map`` leaves open.
        objects: The definitions; projects and request sources are not registered by themselves.

    Raises:
        FeastDefinitionError: One is not valid, or of another project.
    """
    made: list[Any] = []
    for one in objects:
        if isinstance(one, Project):
            _check_project(store, one)
        elif isinstance(one, FeatureView):
            made.append(one.to_provender(_stored(store, one)))
        elif not isinstance(one, RequestSource):
            made.append(one.to_provender())
    return made


def _check_project(store: provender.FeatureStore, project: Project) -> None:
    if project.name != store.project:
        raise FeastUnsupportedError(
            f"project {project.name!r} is not that of the configuration",
            got=project.name,
            allowed=store.project,
            fix="give it a repository, with a feature_store.yaml, of its own",
            place=project.place or None,
        )


def _stored(store: provender.FeatureStore, view: FeatureView) -> pa.Schema | None:
    """Return the columns of a view's source, where the view has a type that they complete."""
    if not any("Map" in str(field.dtype) for field in view.schema) or view.source is None:
        return None
    try:
        return store.stores.offline.schema(view.source.to_provender().stored)
    except NoDataYet:
        return None


def plan_of(
    store: provender.FeatureStore, objects: Sequence[Definition], *others: Any, partial: bool
) -> Plan:
    """Return what registering definitions would do.

    Args:
        store: The store.
        objects: Feast's definitions.
        *others: Provender's, which stay registered.
        partial: Whether nothing is removed.

    Raises:
        FeastJoinKeysDuringMaterialization: The source of a view lacks a join key.
        FeastDefinitionError: Everything else that is wrong in any of them, as one error.
    """
    made = to_provender(store, objects)
    named = {(type(one), one.name) for one in made}
    rest = [one for one in others if (type(one), one.name) not in named]
    try:
        return store.plan([*rest, *made], partial=partial)
    except DefinitionError as error:
        keys = {one.join_key for one in objects if isinstance(one, Entity)}
        if any(f" has no column {key!r}" in one.fact for key in keys for one in error.problems):
            raise FeastJoinKeysDuringMaterialization.of(error.problems) from error
        raise


def complete(store: provender.FeatureStore, objects: Sequence[Definition]) -> None:
    """Fill in what was inferred when definitions were registered, in the caller's own objects."""
    catalog = store.refresh()
    for one in objects:
        if isinstance(one, FeatureView):
            view = catalog.view(one.name)
            one.complete(view.view, {key.name: key.type for key in view.keys})


def kept(store: provender.FeatureStore, removed: Sequence[Definition]) -> list[Any]:
    """Return what is registered but for some definitions.

    Args:
        store: The store.
        removed: The definitions that are left out.
    """
    gone = {(_part(one), one.name) for one in removed}
    registered: dict[str, list[Any]] = {
        "entities": store.list_entities(),
        "views": store.list_feature_views(),
        "on_demand_views": store.list_on_demand_feature_views(),
        "services": store.list_feature_services(),
        "sources": store.list_data_sources(),
    }
    return [
        one for part, all_ in registered.items() for one in all_ if (part, one.name) not in gone
    ]


_PARTS: Final[Mapping[type[Definition], str]] = {
    Entity: "entities",
    FeatureView: "views",
    OnDemandFeatureView: "on_demand_views",
    FeatureService: "services",
    DataSource: "sources",
}


def _part(one: Definition) -> str:
    return next((part for kind, part in _PARTS.items() if isinstance(one, kind)), "")


def removed_views(plan: Plan) -> list[str]:
    """Return the feature views that a plan removes."""
    views = [one for one in plan.changes if one.kind == "feature view" and one.action == "remove"]
    return [one.name for one in views]


def told(plan: Plan, objects: Sequence[Definition], *, first: bool) -> Iterator[str]:
    """Return the lines that ``feast apply`` prints of a plan that was applied.

    Args:
        plan: The plan.
        objects: The definitions.
        first: Whether the project was not registered before.
    """
    labels = {one.name for one in objects if isinstance(one, LabelView)}
    lines = [f"Created project {plan.base.project}"] if first else []
    for kind, word in _KINDS.items():
        for change in (one for one in plan.changes if one.kind == kind):
            label = kind == "feature view" and change.name in labels
            lines.append(f"{_DONE[change.action]} {'label view' if label else word} {change.name}")
            fields = change.fields if change.action == "change" else ()
            lines += [f"\t{one.path}: {one.before} -> {one.after}" for one in fields]
    yield from lines or ["No changes to registry"]
    yield ""
    made = [f"Created online table {one.name}" for one in plan.tables_made]
    gone = [f"Deleted online table {one.name}" for one, _ in plan.tables_dropped]
    yield from [*made, *gone] or ["No changes to infrastructure"]
