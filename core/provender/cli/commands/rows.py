"""``provender rows``."""

from __future__ import annotations

from pathlib import Path

import click

from provender.cli.commands.historical import print_result, write_result
from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.options import end_option, limit_option, out_option, start_option
from provender.cli.inputs import registered_names

_EXAMPLE = """provender rows driver_stats --from 2026-03-01 --to 2026-03-02
provender rows driver_stats --mode snapshot --to 2026-03-15 --out snapshot.parquet"""


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("view", shell_complete=registered_names.views)
@start_option
@end_option
@click.option(
    "--mode",
    type=click.Choice(["events", "snapshot", "ranges"]),
    default="events",
    show_default=True,
    help="Every row, the newest row of each entity, or each row with the time it was valid.",
)
@click.option(
    "--known-at", metavar="TIME", help="Ignore rows that were created after this timestamp."
)
@out_option
@limit_option
@pass_invocation
def rows(
    invocation: Invocation,
    view: str,
    start: str | None,
    end: str | None,
    mode: str,
    known_at: str | None,
    out: Path | None,
    limit: int,
) -> None:
    """Show the rows of a feature view, without entity rows to join them to.

    Times are ISO 8601, both included; without an offset they mean UTC.
    """
    with invocation.open_store() as store:
        found = store.get_view_rows(view, start=start, end=end, mode=mode, known_at=known_at)  # type: ignore[arg-type]
        if out is not None:
            write_result(invocation, found, out)
        else:
            print_result(invocation, found, limit)
