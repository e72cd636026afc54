"""``provender log``, ``diff`` and ``rollback``: the versions of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provender.cli import registered_names
from provender.cli.apply import do_plan
from provender.cli.command import ProvenderCommand
from provender.cli.invocation import Invocation, pass_invocation
from provender.cli.options import author_option, message_option, yes_option
from provender.cli.output import print_json, say
from provender.cli.plan_text import changes_text, summary_text

if TYPE_CHECKING:
    from provender.catalog.commit import Commit

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
    help="How many at most.",
)
@click.option("--all", "everything", is_flag=True, help="All of them.")
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
        say(invocation, f"Versions {version} and {other} register the same.")
    for line in changes_text(changes, invocation.color):
        say(invocation, line)


@click.command(cls=ProvenderCommand, example="provender rollback 12")
@click.argument("version", type=_VERSION, shell_complete=registered_names.versions)
@yes_option
@message_option
@author_option
@pass_invocation
def rollback(
    invocation: Invocation, version: int, yes: bool, message: str, author: str | None
) -> None:
    """Register again what VERSION registered, as a new version.

    Views whose online rows still exist are served at once. Losing online rows needs an answer at
    a terminal, or --yes.
    """
    with invocation.open_store() as store:
        planned = store.plan_rollback(version)
        message = message or f"Roll back to version {version}"
        do_plan(invocation, store, planned, yes, message, author)
        say(invocation, f"Version {store.catalog.version} registers what version {version} did")
