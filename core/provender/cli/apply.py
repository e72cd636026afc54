"""``provender plan`` and ``provender apply``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provender.cli.command import ProvenderCommand
from provender.cli.consent import need_consent
from provender.cli.invocation import Invocation, pass_invocation
from provender.cli.options import yes_option
from provender.cli.output import print_json, say
from provender.cli.plan_text import dropped_text, plan_text
from provender.cli.repository import repository_definitions

if TYPE_CHECKING:
    from provender.catalog.plan import Plan
    from provender.store import FeatureStore

_EXAMPLE = """provender plan
provender apply
provender apply --yes"""


@click.command(cls=ProvenderCommand, example="provender plan --output json")
@pass_invocation
def plan(invocation: Invocation) -> None:
    """Show what apply would change; nothing is changed."""
    with invocation.open_store() as store:
        _show(invocation, _planned(store), applied=None)


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@yes_option
@pass_invocation
def apply(invocation: Invocation, yes: bool) -> None:
    """Register the definitions of the repository and make their online tables ready.

    What is registered and no longer defined is removed. Losing online rows needs an answer at a
    terminal, or --yes.
    """
    with invocation.open_store() as store:
        planned = _planned(store)
        if not invocation.as_json:
            _show(invocation, planned, applied=None)
        if planned.destroys and not yes:
            need_consent(invocation, "Lose these online rows?", dropped_text(planned))
        done = store.apply(planned)
        if invocation.as_json:
            _show(invocation, done, applied=True)
        _say_registered(invocation, store, done)


def _planned(store: FeatureStore) -> Plan:
    definitions = repository_definitions(store.config)
    return store.plan(definitions, partial=False)


def _show(invocation: Invocation, planned: Plan, *, applied: bool | None) -> None:
    if invocation.as_json:
        document = {**planned.to_json(), "destroys": planned.destroys}
        print_json(invocation, document if applied is None else {**document, "applied": applied})
        return
    for line in plan_text(planned, invocation.color):
        say(invocation, line)


def _say_registered(invocation: Invocation, store: FeatureStore, done: Plan) -> None:
    names = {kind: [n for k, n in done.registered if k == kind] for kind, _ in done.registered}
    views = names.get("feature view", [])
    for kind in ("entity", "feature view"):
        for name in names.get(kind, []):
            say(invocation, f"Registered {kind} {name}")
    online = [name for name in views if store.catalog.view(name).view.online]
    for name in online:
        say(invocation, f"Deploying infrastructure for {name}")
