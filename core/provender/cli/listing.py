"""``provender entities``, ``feature-views`` and ``data-sources``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from provender.cli.settings import Settings, pass_settings
from provender.cli.tables import as_table


def _group(
    name: str,
    headings: Sequence[str],
    rows: Callable[[Any], list[tuple[object, ...]]],
    documents: Callable[[Any], Mapping[str, dict[str, Any]]],
    one: str,
) -> click.Group:
    """Return the group with ``list`` and ``describe`` for one kind of object.

    Args:
        name: The group's name.
        headings: The columns of the list.
        rows: Returns the rows of the list from a feature store.
        documents: Returns the definitions as plain data by name, from a feature store.
        one: What one object is called.
    """
    group = click.Group(name, help=f"List or describe {name}.")

    @group.command("list", epilog=f"Example: provender {name} list")
    @pass_settings
    def list_(settings: Settings) -> None:
        """List what is registered."""
        with settings.store() as store:
            data = list(documents(store).values())
            settings.show(as_table(headings, rows(store)), data)

    @group.command(epilog=f"Example: provender {name} describe NAME")
    @click.argument("object_name", metavar="NAME")
    @pass_settings
    def describe(settings: Settings, object_name: str) -> None:
        """Show one definition whole."""
        import yaml

        from provender.errors import NotFound, did_you_mean, listed

        with settings.store() as store:
            found = documents(store)
        if object_name not in found:
            fix = did_you_mean(object_name, found)
            raise NotFound(
                f"no {one} {object_name!r} is registered", allowed=listed(found), fix=fix
            )
        document = found[object_name]
        text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
        settings.show(text.rstrip(), document)

    return group


def _documents(objects: Sequence[Any]) -> dict[str, dict[str, Any]]:
    return {o.name: o.to_document() for o in objects}


entities = _group(
    "entities",
    ("NAME", "JOIN KEY", "TYPE", "DESCRIPTION"),
    lambda store: [
        (e.name, e.join_key, e.value_type, e.description) for e in store.list_entities()
    ],
    lambda store: _documents(store.list_entities()),
    "entity",
)
feature_views = _group(
    "feature-views",
    ("NAME", "ENTITIES", "FEATURES", "TTL", "ONLINE", "SOURCE"),
    lambda store: [
        (
            view.name,
            ", ".join(view.entities),
            ", ".join(f"{field.name}: {field.dtype}" for field in view.schema),
            view.ttl or "for ever",
            "yes" if view.online else "no",
            view.source.location(),
        )
        for view in store.list_feature_views()
    ],
    lambda store: _documents(store.list_feature_views()),
    "feature view",
)
data_sources = _group(
    "data-sources",
    ("NAME", "KIND", "LOCATION", "TIMESTAMP", "CREATED"),
    lambda store: [
        (s.name, s.kind, s.location(), s.timestamp_field, s.created_timestamp_column)
        for s in store.list_data_sources()
    ],
    lambda store: _documents(store.list_data_sources()),
    "data source",
)
