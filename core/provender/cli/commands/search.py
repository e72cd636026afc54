"""``provender search`` and ``provender features list``."""

from __future__ import annotations

from dataclasses import asdict

import click

from provender.cli.frame.command import ProvenderCommand, ProvenderGroup
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json, print_table, say


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
        rows = [(m.kind, m.name, m.owner, m.description, ", ".join(m.where)) for m in found]
        print_table(invocation, ("KIND", "NAME", "OWNER", "DESCRIPTION", "FOUND IN"), rows)
    else:
        say(invocation, f"Nothing matches {word!r}.")


features = ProvenderGroup(
    "features", example="provender features list", help="List and describe the registered features."
)


@features.command("list", cls=ProvenderCommand, example="provender features list")
@pass_invocation
def list_(invocation: Invocation) -> None:
    """List the features of all feature views."""
    with invocation.open_store() as store:
        rows = [
            {
                "feature": f"{view.name}:{field.name}",
                "type": str(field.dtype),
                "entities": [key.entity for key in view.keys],
                "owner": view.view.owner,
                "description": field.description,
            }
            for view in store.catalog.views()
            for field in view.features
        ]
    if invocation.as_json:
        print_json(invocation, rows)
    elif rows:
        headers = ("FEATURE", "TYPE", "ENTITIES", "OWNER", "DESCRIPTION")
        texts = [
            (*list(r.values())[:2], ", ".join(r["entities"]), *list(r.values())[3:]) for r in rows
        ]
        print_table(invocation, headers, texts)
    else:
        say(invocation, "No features are registered; `provender apply` registers them.")
