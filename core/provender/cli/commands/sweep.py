"""``provender sweep``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json, say
from provender.cli.frame.progress import instant_text
from provender.cli.inputs import registered_names
from provender.errors import count_text

if TYPE_CHECKING:
    from provender.sweeping import SweepReport, SweptView

_EXAMPLE = """provender sweep
provender sweep driver_stats --most 100000 --output json"""


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("views", metavar="[VIEW]...", nargs=-1, shell_complete=registered_names.views)
@click.option(
    "--most",
    type=click.IntRange(min=0),
    metavar="N",
    help="Remove at most this many rows, of all views together.  [default: all]",
)
@pass_invocation
def sweep(invocation: Invocation, views: Sequence[str], most: int | None) -> None:
    """Remove rows from the online store that are older than the ttl of their feature view.

    Such rows are not served. Without VIEW, all views that are online are swept. A store with an
    expiry of its own, such as Redis, removes them by itself.
    """
    with invocation.open_store() as store:
        report = store.sweep(list(views) or None, most=most)
    if invocation.as_json:
        print_json(invocation, _document(store.project, report))
        return
    for swept in report.views:
        say(invocation, _line(report.store, swept))
    if not report.views:
        say(invocation, "No feature view is online; `provender apply` registers them.")


def _line(store: str, swept: SweptView) -> str:
    name = f"feature view {swept.view}"
    if swept.outcome == "no ttl":
        return f"Feature view {swept.view} has no ttl: its rows stay"
    if swept.outcome == "expires":
        return f"The online store {store} removes old rows of {name} by itself"
    if swept.outcome == "cannot":
        return f"The online store {store} cannot remove old rows of {name}"
    since = f" from before {instant_text(swept.before)}" if swept.before else ""
    return f"Removed {count_text(swept.rows, 'row')} of {name}{since}"


def _document(project: str, report: SweepReport) -> dict[str, object]:
    return {
        "project": project,
        "store": report.store,
        "rows": report.rows,
        "views": [
            {
                "view": swept.view,
                "outcome": swept.outcome,
                "rows": swept.rows,
                "before": swept.before,
            }
            for swept in report.views
        ],
    }
