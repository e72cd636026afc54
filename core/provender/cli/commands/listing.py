"""``provender entities``, ``feature-views``, …: list and describe what is registered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from provender.cli.frame.command import ProvenderCommand, ProvenderGroup
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.options import tag_option, tags_of
from provender.cli.frame.output import json_value, print_json, print_table, say
from provender.cli.inputs import registered_names
from provender.clock import duration_text

if TYPE_CHECKING:
    from provender.definitions import (
        DataSource,
        Entity,
        FeatureService,
        FeatureView,
        OnDemandFeatureView,
    )
    from provender.store import FeatureStore

Row = Sequence[object]


def _group(
    command: str,
    what: str,
    *,
    listed: Callable[[FeatureStore, Mapping[str, str]], Sequence[Any]],
    found: Callable[[FeatureStore, str], Any],
    headers: Sequence[str],
    row: Callable[[Any], Row],
    names: registered_names.Complete,
) -> click.Group:
    """Return the group of one kind of object, with its commands ``list`` and ``describe``."""
    example = f"provender {command} list"
    group = ProvenderGroup(
        command, example=example, help=f"List and describe the registered {what}."
    )

    @group.command(
        "list", cls=ProvenderCommand, example=example, help=f"List the registered {what}."
    )
    @tag_option
    @pass_invocation
    def list_(invocation: Invocation, tags: Sequence[str]) -> None:
        wanted = tags_of(tags)
        with invocation.open_store() as store:
            objects = listed(store, wanted)
        if invocation.as_json:
            print_json(invocation, [definition_document(o) for o in objects])
        elif objects:
            rows = [(*row(one), tags_text(one.tags)) for one in objects]
            print_table(invocation, (*headers, "TAGS"), rows)
        else:
            say(invocation, none_text(what, wanted))

    @group.command(
        "describe",
        cls=ProvenderCommand,
        example=f"provender {command} describe NAME --output json",
        help="Show everything that is registered of NAME.",
    )
    @click.argument("name", shell_complete=names)
    @pass_invocation
    def describe(invocation: Invocation, name: str) -> None:
        with invocation.open_store() as store:
            document = definition_document(found(store, name))
        if invocation.as_json:
            print_json(invocation, document)
        else:
            say(invocation, yaml_text(document))

    return group


def none_text(what: str, wanted: Mapping[str, str]) -> str:
    """Return that nothing is listed: because of tags, or because nothing is registered."""
    if wanted:
        return f"No {what} have {tags_text(wanted)}."
    return f"No {what} are registered; `provender apply` registers them."


def tags_text(tags: Mapping[str, str]) -> str:
    """Return tags as text: ``team=fraud, tier=1``."""
    return ", ".join(f"{name}={value}" for name, value in tags.items())


def definition_document(definition: Any) -> dict[str, Any]:
    """Return a definition as plain data, its time to live in seconds."""
    document = json_value(definition.to_document())
    if "ttl" in document:
        document["ttl_seconds"] = _seconds(document.pop("ttl"))
    return dict(document)


def _seconds(us: int | None) -> float | None:
    return timedelta(microseconds=us).total_seconds() if us else None


def yaml_text(document: dict[str, Any]) -> str:
    """Return plain data as YAML for people, its time to live in words."""
    import yaml

    if "ttl_seconds" in document:
        seconds = document["ttl_seconds"]
        ttl = duration_text(round(seconds * 1_000_000)) if seconds else "forever"
        document = {**{n: v for n, v in document.items() if n != "ttl_seconds"}, "ttl": ttl}
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000).rstrip()


def _entity_row(entity: Entity) -> Row:
    kind = entity.value_type or "(from the data)"
    return entity.name, entity.join_key, kind, entity.description


def _view_row(view: FeatureView) -> Row:
    fields = ", ".join(field.name for field in view.schema)
    ttl = duration_text(view.ttl_us) if view.ttl_us else "forever"
    return view.name, ", ".join(view.entities), fields, ttl, view.online, view.source.name


def _on_demand_row(view: OnDemandFeatureView) -> Row:
    sources = ", ".join(source.name for source in view.sources)
    fields = ", ".join(field.name for field in view.schema)
    mode = f"{view.mode}, single rows" if view.singleton else view.mode
    return view.name, sources, fields, mode, view.function.path


def _service_row(service: FeatureService) -> Row:
    parts = [
        part.name if part.features is None else f"{part.name}[{', '.join(part.features)}]"
        for part in service.features
    ]
    return service.name, ", ".join(parts), service.owner, service.description


def _source_row(source: DataSource) -> Row:
    return source.name, source.kind, source.timestamp_field or "", source.location()


entities = _group(
    "entities",
    "entities",
    listed=lambda store, tags: store.list_entities(tags),
    found=lambda store, name: store.get_entity(name),
    headers=("NAME", "JOIN KEY", "TYPE", "DESCRIPTION"),
    row=_entity_row,
    names=registered_names.entities,
)
feature_views = _group(
    "feature-views",
    "feature views",
    listed=lambda store, tags: store.list_feature_views(tags),
    found=lambda store, name: store.get_feature_view(name),
    headers=("NAME", "ENTITIES", "FIELDS", "TTL", "ONLINE", "SOURCE"),
    row=_view_row,
    names=registered_names.views,
)
on_demand_feature_views = _group(
    "on-demand-feature-views",
    "on-demand feature views",
    listed=lambda store, tags: store.list_on_demand_feature_views(tags),
    found=lambda store, name: store.get_on_demand_feature_view(name),
    headers=("NAME", "SOURCES", "FIELDS", "MODE", "FUNCTION"),
    row=_on_demand_row,
    names=registered_names.on_demand_views,
)
feature_services = _group(
    "feature-services",
    "feature services",
    listed=lambda store, tags: store.list_feature_services(tags),
    found=lambda store, name: store.get_feature_service(name),
    headers=("NAME", "FEATURES", "OWNER", "DESCRIPTION"),
    row=_service_row,
    names=registered_names.services,
)
data_sources = _group(
    "data-sources",
    "data sources",
    listed=lambda store, tags: store.list_data_sources(tags),
    found=lambda store, name: store.get_data_source(name),
    headers=("NAME", "KIND", "TIMESTAMP", "LOCATION"),
    row=_source_row,
    names=registered_names.sources,
)
