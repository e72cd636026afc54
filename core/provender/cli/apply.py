"""``provender plan``, ``apply`` and ``teardown``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from provender.cli.older_spelling import older_spelling_noted
from provender.cli.settings import Settings, pass_settings

if TYPE_CHECKING:
    from provender.catalog.plan import Plan
    from provender.store import FeatureStore

_SIGNS = {"add": "+", "change": "~", "remove": "-"}


def _planned(store: FeatureStore) -> Plan:
    from provender.definitions.repository import load_definitions

    with older_spelling_noted():
        objects = load_definitions(store.config.repo_path, store.config.definitions)
    return store.plan(objects, partial=False)


def plan_text(plan: Plan) -> str:
    """Return a plan for people, a line for each change."""
    if plan.is_empty:
        return "No changes."
    lines = []
    for change in plan.changes:
        lines.append(f"{_SIGNS[change.action]} {change.kind} {change.name}")
        lines += [f"    {f.path}: {f.before!r} -> {f.after!r}" for f in change.fields]
    lines += [f"+ online table {table.name}" for table in plan.tables_made]
    for table, rows in plan.tables_dropped:
        lost = "its rows" if rows is None else f"{rows} rows"
        lines.append(f"- online table {table.name}: {lost} will be lost")
    return "\n".join(lines)


@click.command(epilog="Example: provender plan")
@pass_settings
def plan(settings: Settings) -> None:
    """Show what apply would do; nothing is changed."""
    with settings.store() as store:
        found = _planned(store)
        settings.show(plan_text(found), found.to_json())


@click.command(epilog="Example: provender apply --yes")
@click.option("--yes", is_flag=True, help="Do not ask before online rows are lost.")
@pass_settings
def apply(settings: Settings, yes: bool) -> None:
    """Register the definitions of the repository; what is no longer defined is removed."""
    with settings.store() as store:
        found = _planned(store)
        settings.say(plan_text(found))
        if found.destroys:
            _confirm("This plan destroys online rows.", yes)
        store.apply(found)
        if settings.json:
            settings.show("", found.to_json())
        for line in _registered(found):
            settings.say(line)


def _registered(plan: Plan) -> list[str]:
    kinds = [(kind, name) for kind, name in plan.registered if kind != "data source"]
    lines = [f"Registered {kind} {name}" for kind, name in sorted(kinds)]
    views = [name for kind, name in kinds if kind == "feature view"]
    online = [name for name in views if plan.document["views"][name]["definition"]["online"]]
    return [*lines, *(f"Deploying infrastructure for {name}" for name in online)]


def _confirm(what: str, yes: bool) -> None:
    """Ask at a terminal; elsewhere --yes is needed.

    Raises:
        RequestError: There is nobody to ask, or the answer was no.
    """
    from provender.errors import RequestError

    if yes:
        return
    if not sys.stdin.isatty():
        raise RequestError(what, fix="look at `provender plan`, then run again with --yes")
    if not click.confirm(f"{what} Go on?"):
        raise RequestError("nothing was changed")


@click.command(epilog="Example: provender teardown --yes")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_settings
def teardown(settings: Settings, yes: bool) -> None:
    """Remove the project: its online rows, its ledgers and its catalog with the history."""
    with settings.store() as store:
        views = store.refresh().view_names
        if views:
            _confirm(f"This removes project {store.project} with {len(views)} feature views.", yes)
        store.teardown()
        text = f"Removed project {store.project}"
        settings.show(text, {"project": store.project, "feature_views": views})
