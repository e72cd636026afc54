"""``provender log``, ``diff``, ``show`` and ``rollback``: the versions of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from provender.cli.commands.apply import Applying, do_plan
from provender.cli.commands.listing import definition_document, yaml_text
from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.options import author_option, fill_option, message_option, yes_option
from provender.cli.frame.output import print_json, say
from provender.cli.frame.plan import changes_text, summary_text
from provender.cli.inputs import registered_names

if TYPE_CHECKING:
    from provender.catalog.catalog import Catalog
    from provender.catalog.versions.commit import Commit
    from provender.store import FeatureStore

_VERSION = click.IntRange(min=0)
_LOG_EXAMPLE = """provender log
provender log -n 1 --output json"""
_DIFF_EXAMPLE = """provender diff 12
provender diff 12 17"""


@click.command(cls=ProvenderCommand, example=_LOG_EXAMPLE)
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="The most versions to list.",
)
@click.option("--all", "everything", is_flag=True, help="List all versions.")
@pass_invocation
def log(invocation: Invocation, limit: int, everything: bool) -> None:
    """List the versions of the catalog, newest first: when, who, why and what."""
    with invocation.open_store() as store:
        commits = list(store.history.commits(None if everything else limit))
    if invocation.as_json:
        print_json(invocation, [commit.to_json() for commit in commits])
    elif not commits:
        say(invocation, "Nothing was registered yet; `provender apply` registers definitions.")
    for commit in commits:
        _say_commit(invocation, commit)


def _say_commit(invocation: Invocation, commit: Commit) -> None:
    at = commit.at.strftime("%Y-%m-%d %H:%M:%S")
    head = f"version {commit.version}  {at} UTC  {commit.author}  {commit.message}"
    say(invocation, head.rstrip())
    for line in summary_text(commit.changes, invocation.color):
        say(invocation, f"    {line}")


@click.command(cls=ProvenderCommand, example=_DIFF_EXAMPLE)
@click.argument("version", type=_VERSION, shell_complete=registered_names.versions)
@click.argument("other", type=_VERSION, required=False, shell_complete=registered_names.versions)
@pass_invocation
def diff(invocation: Invocation, version: int, other: int | None) -> None:
    """Show what changed from VERSION to OTHER, by default to the newest version."""
    with invocation.open_store() as store:
        other = store.catalog.version if other is None else other
        changes = store.history.between(version, other)
    if invocation.as_json:
        documents = [change.to_json() for change in changes]
        print_json(invocation, {"from": version, "to": other, "changes": documents})
    elif not changes:
        say(invocation, f"Versions {version} and {other} are the same.")
    for line in changes_text(changes, invocation.color):
        say(invocation, line)


@click.command(cls=ProvenderCommand, example="provender rollback 12")
@click.argument("version", type=_VERSION, shell_complete=registered_names.versions)
@yes_option
@message_option
@author_option
@fill_option
@pass_invocation
def rollback(
    invocation: Invocation, version: int, yes: bool, message: str, author: str | None, fill: bool
) -> None:
    """Register again what VERSION registered, as a new version.

    Views whose online rows still exist are served at once. Losing online rows needs an answer at
    a terminal, or --yes.
    """
    with invocation.open_store() as store:
        planned = store.plan_rollback(version)
        message = message or f"Roll back to version {version}"
        do_plan(invocation, store, planned, Applying(yes, message, author, fill))
        say(invocation, f"Version {store.catalog.version} registers what version {version} did")


_SHOW_EXAMPLE = """provender show driver_stats
provender show driver_stats@12 --output json"""


@click.command(cls=ProvenderCommand, example=_SHOW_EXAMPLE)
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
        raise click.BadParameter(f"{version!r} is not a version: a number follows the @")
    return name, int(version)


def _catalog(store: FeatureStore, version: int | None) -> Catalog:
    return store.catalog if version is None else store.history.at(version)


def _found(catalog: Catalog, name: str) -> Mapping[str, Any]:
    """Return the documents of all objects of a name, by kind.

    Raises:
        NotFound: There is none.
    """
    from provender.catalog.catalog import KINDS
    from provender.errors import NotFound, did_you_mean

    known = {part: catalog.document[part] for part in KINDS}
    found = {KINDS[part]: catalog.definition(part, name) for part in KINDS if name in known[part]}
    if not found:
        names = sorted({name for objects in known.values() for name in objects})
        raise NotFound(
            f"nothing is named {name!r} in version {catalog.version} of the catalog",
            fix=did_you_mean(name, names) or "`provender log` lists what each version changed",
        )
    return {kind: definition_document(definition) for kind, definition in found.items()}
