"""``provender plan`` and ``provender apply``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.confirm import need_consent
from provender.cli.frame.errors import warnings_in_one_line
from provender.cli.frame.exit_codes import CHANGES
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.left_out import (
    check_removals,
    left_out_files,
    refused_removals,
    tell_left_out,
    warn_of_removals,
)
from provender.cli.frame.options import author_option, fill_option, message_option, yes_option
from provender.cli.frame.output import print_json, say
from provender.cli.frame.plan import dropped_text, fill_text, plan_text
from provender.cli.inputs.definitions import read_repository

if TYPE_CHECKING:
    from provender.definitions.definition_files import LeftOut
    from provender.filling.estimate import FillEstimate
    from provender.registration.plan import Plan
    from provender.store import FeatureStore

_EXAMPLE = """provender plan
provender apply
provender apply --fill
provender apply --yes"""


_PLAN_EXAMPLE = """provender plan --output json
provender plan --detailed-exitcode"""


@click.command(cls=ProvenderCommand, example=_PLAN_EXAMPLE)
@click.option(
    "--detailed-exitcode",
    is_flag=True,
    help=f"Exit with code {CHANGES} when something would change.",
)
@click.pass_context
@pass_invocation
def plan(invocation: Invocation, ctx: click.Context, detailed_exitcode: bool) -> None:
    """Show what apply would change; nothing is changed."""
    with invocation.open_store() as store:
        planned = _planned(store)
        files = left_out_files(store.config)
        root = store.config.repo_path
        to_fill = store.estimate_fill(planned)
    refused = refused_removals(planned, files)
    more = {**_left_out(files, root), "refused": list(map(str, refused))}
    _show(invocation, planned, to_fill, more)
    if not invocation.as_json:
        tell_left_out(files, root)
        warn_of_removals(refused)
    if detailed_exitcode and not planned.is_empty:
        ctx.exit(CHANGES)


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@yes_option
@message_option
@author_option
@fill_option
@pass_invocation
def apply(invocation: Invocation, yes: bool, message: str, author: str | None, fill: bool) -> None:
    """Register the definitions of the repository and make their online tables ready.

    What is registered and no longer defined is removed, unless a file of the repository that was
    left out names it. Losing online rows needs an answer at a terminal, or --yes.

    Views whose change needs a backfill, or is breaking, lack online rows or values until they are
    materialized; with --fill they are loaded first, and served from the moment of the change.
    """
    with invocation.open_store() as store:
        planned = _planned(store)
        files, root = left_out_files(store.config), store.config.repo_path
        check_removals(planned, files)
        if not invocation.as_json:
            tell_left_out(files, root)
        more = _left_out(files, root)
        how = Applying(yes, message, author, fill)
        done = do_plan(invocation, store, planned, how, more)
        _say_registered(invocation, done)


@dataclass(frozen=True)
class Applying:
    """How a plan is done.

    Attributes:
        yes: Whether nobody is asked before rows are lost.
        message: A message for the history.
        author: Who.
        fill: Whether online rows are loaded before.
    """

    yes: bool
    message: str
    author: str | None
    fill: bool = False


def do_plan(
    invocation: Invocation,
    store: FeatureStore,
    planned: Plan,
    how: Applying,
    more: Mapping[str, Any] | None = None,
) -> Plan:
    """Show a plan, ask before rows are lost, do it, and tell what was done.

    Args:
        invocation: The call.
        store: The store.
        planned: The plan.
        how: How it is done.
        more: What else the answer holds when it is JSON.
    """
    from provender.registration.to_fill import shown_filled

    shown = shown_filled(planned) if how.fill else planned
    to_fill = store.estimate_fill(planned)
    if not invocation.as_json:
        _show(invocation, shown, to_fill, asked=how.fill)
    lost = [table.view for table, rows in shown.tables_dropped if rows != 0]
    if lost and not how.yes:
        loss = dropped_text(shown)
        need_consent(invocation, f"Lose {loss}?", loss)
    done = _apply(invocation, store, planned, how, lost)
    version = store.catalog.version
    if invocation.as_json:
        answer = {**_document(shown, to_fill), **(more or {}), "applied": True, "version": version}
        print_json(invocation, answer)
    steps = 2 if how.fill and to_fill else 1
    if done.changes and version > planned.base.version + steps:
        say(
            invocation,
            "Others have committed in the meantime; these changes were applied on top of theirs.",
        )
    return done


def _apply(
    invocation: Invocation, store: FeatureStore, planned: Plan, how: Applying, lost: Sequence[str]
) -> Plan:
    """Do a plan; where it loads rows, with their progress."""
    note: dict[str, Any] = {"message": how.message, "author": how.author}
    if not how.fill:
        return store.apply(planned, **note, allow_data_loss=bool(lost))
    from provender.cli.frame.progress import MaterializeProgress  # with all that a run needs

    with MaterializeProgress(invocation, "Loading") as progress:
        consent = how.yes or lost
        return store.apply(planned, **note, allow_data_loss=consent, fill=True, observer=progress)


def _planned(store: FeatureStore) -> Plan:
    read = read_repository(store.config)
    with warnings_in_one_line(store.config.repo_path):
        return store.plan_repository(read)


def _left_out(files: Sequence[LeftOut], root: Path) -> dict[str, Any]:
    listed = [{"file": one.path.relative_to(root).as_posix(), "why": one.why} for one in files]
    return {"left_out": listed}


def _show(
    invocation: Invocation,
    planned: Plan,
    to_fill: Sequence[FillEstimate],
    more: Mapping[str, Any] | None = None,
    *,
    asked: bool = False,
) -> None:
    if invocation.as_json:
        print_json(invocation, {**_document(planned, to_fill), **(more or {})})
        return
    for line in (*plan_text(planned, invocation.color), *fill_text(to_fill, asked=asked)):
        say(invocation, line)


def _document(plan: Plan, to_fill: Sequence[FillEstimate]) -> dict[str, Any]:
    fill = [asdict(one) for one in to_fill]
    return {**plan.to_json(), "destroys": plan.destroys, "to_fill": fill}


def _say_registered(invocation: Invocation, done: Plan) -> None:
    """Name what was added or changed; what stays as it was is not worth a line."""
    changed = {(c.kind, c.name) for c in done.changes if c.action != "remove"}
    for wanted in ("entity", "feature view", "on-demand feature view", "feature service"):
        for kind, name in done.registered:
            if kind == wanted and (kind, name) in changed:
                say(invocation, f"Registered {kind} {name}")
    made = {table.view for table in done.tables_made}
    for kind, name in done.registered:
        if kind == "feature view" and name in made:
            say(invocation, f"Deploying infrastructure for {name}")
