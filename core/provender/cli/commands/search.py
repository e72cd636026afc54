"""``provender search`` and ``provender features list``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from provender.cli.commands.listing import none_text, tags_text
from provender.cli.frame.command import ProvenderCommand, ProvenderGroup
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.options import tag_option, tags_of
from provender.cli.frame.output import print_json, print_table, say

if TYPE_CHECKING:
    from provender.catalog.catalog import Catalog
    from provender.definitions import Field


@click.command(cls=ProvenderCommand, example="provender search rating")
@click.argument("word")
@pass_invocation
def search(invocation: Invocation, word: str) -> None:
    """Search what is registered by a word in names, descriptions, owners and tags."""
    from provender.catalog.search import search as find

    with invocation.open_store() as store:
        found = find(store.catalog, word)
    if invocation.as_json:
        print_json(invocation, [asdict(match) for match in found])
    elif found:
        headers = ("KIND", "NAME", "OWNER", "DESCRIPTION", "TAGS", "FOUND IN")
        rows = [
            (m.kind, m.name, m.owner, m.description, tags_text(m.tags), ", ".join(m.where))
            for m in found
        ]
        print_table(invocation, headers, rows)
    else:
        say(invocation, f"Nothing matches {word!r}.")


features = ProvenderGroup(
    "features", example="provender features list", help="List and describe the registered features."
)


@features.command("list", cls=ProvenderCommand, example="provender features list")
@tag_option
@pass_invocation
def list_(invocation: Invocation, tags: Sequence[str]) -> None:
    """List the features of all feature views and on-demand feature views."""
    wanted = tags_of(tags)
    with invocation.open_store() as store:
        rows = [
            row
            for row in (*_stored(store.catalog), *_computed(store.catalog))
            if wanted.items() <= row["tags"].items()
        ]
    if invocation.as_json:
        print_json(invocation, rows)
    elif rows:
        headers = ("FEATURE", "TYPE", "ENTITIES", "OWNER", "DESCRIPTION", "TAGS")
        print_table(invocation, headers, map(_as_texts, rows))
    else:
        say(invocation, none_text("features", wanted))


def _stored(catalog: Catalog) -> Iterator[dict[str, Any]]:
    for view in catalog.views():
        for feature in view.features:
            entities = [key.entity for key in view.keys]
            yield _row(view.name, feature, entities, view.view.owner)


def _computed(catalog: Catalog) -> Iterator[dict[str, Any]]:
    for view in catalog.on_demand_views():
        for feature in view.features:
            yield _row(view.name, feature, list(view.view.entities), view.view.owner)


def _row(view: str, feature: Field, entities: list[str], owner: str) -> dict[str, Any]:
    return {
        "feature": f"{view}:{feature.name}",
        "type": str(feature.dtype),
        "entities": entities,
        "owner": feature.owner or owner,
        "description": feature.description,
        "tags": dict(feature.tags),
    }


def _as_texts(row: Mapping[str, Any]) -> tuple[str, ...]:
    texts = {**row, "entities": ", ".join(row["entities"]), "tags": tags_text(row["tags"])}
    return tuple(texts.values())
