"""``provender show``: one definition, now or as of an earlier version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from provender.cli import registered_names
from provender.cli.command import ProvenderCommand
from provender.cli.invocation import Invocation, pass_invocation
from provender.cli.listing import definition_document, yaml_text
from provender.cli.output import print_json, say

if TYPE_CHECKING:
    from provender.catalog.catalog import Catalog
    from provender.store import FeatureStore

_EXAMPLE = """provender show driver_stats
provender show driver_stats@12 --output json"""


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("name", metavar="NAME[@VERSION]", shell_complete=registered_names.definitions)
@pass_invocation
def show(invocation: Invocation, name: str) -> None:
    """Show everything that is registered of NAME, whatever it is."""
    name, version = _parsed(name)
    with invocation.open_store() as store:
        documents = _found(_catalog(store, version), name)
    if invocation.as_json:
        print_json(invocation, documents)
        return
    for kind, document in documents.items():
        say(invocation, f"# {kind}\n{yaml_text(document)}")


def _parsed(text: str) -> tuple[str, int | None]:
    name, at, version = text.partition("@")
    if not at:
        return name, None
    if not version.isdecimal():
        raise click.BadParameter(f"{version!r} is no version; a number stands after @")
    return name, int(version)


def _catalog(store: FeatureStore, version: int | None) -> Catalog:
    return store.catalog if version is None else store.history.at(version)


def _found(catalog: Catalog, name: str) -> Mapping[str, Any]:
    """Return the documents of all objects of a name, by kind.

    Raises:
        NotFound: There is none.
    """
    from provender.catalog.difference import KINDS
    from provender.errors import NotFound, did_you_mean

    known = {part: catalog.document[part] for part in KINDS}
    found = {KINDS[part]: catalog.definition(part, name) for part in KINDS if name in known[part]}
    if not found:
        names = sorted({name for objects in known.values() for name in objects})
        raise NotFound(
            f"nothing is named {name!r} in version {catalog.version} of the catalog",
            fix=did_you_mean(name, names) or "`provender log` tells when what was registered",
        )
    return {kind: definition_document(definition) for kind, definition in found.items()}
