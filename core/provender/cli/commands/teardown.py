"""``provender teardown``."""

from __future__ import annotations

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.confirm import need_consent
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.options import yes_option
from provender.cli.frame.output import print_json, say
from provender.errors import count_text


@click.command(cls=ProvenderCommand, example="provender teardown --yes")
@yes_option
@pass_invocation
def teardown(invocation: Invocation, yes: bool) -> None:
    """Remove the project from its stores: online rows, catalog and history.

    Sources and definition files stay as they are.
    """
    with invocation.open_store() as store:
        views = [view.name for view in store.list_feature_views()]
        if not yes:
            loss = f"{count_text(len(views), 'feature view')} with all online rows, and the catalog"
            question = f"Remove project {store.project!r}: {loss}?"
            need_consent(invocation, question, loss)
        store.teardown()
        if invocation.as_json:
            print_json(invocation, {"project": store.project, "removed_views": views})
        for view in views:
            say(invocation, f"Removed feature view {view}")
        say(invocation, f"Removed project {store.project}")
