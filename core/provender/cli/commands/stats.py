"""``provender stats``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.options import end_option, start_option
from provender.cli.frame.output import cell_text, print_json, print_table, say
from provender.cli.inputs import registered_names
from provender.errors import count_text

if TYPE_CHECKING:
    from provender.plugin.statistics import ColumnFigures

_BARS = " ▁▂▃▄▅▆▇█"


_EXAMPLE = """provender stats driver_stats
provender stats driver_stats --from 2026-03-01 --output json"""


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("view", shell_complete=registered_names.views)
@start_option
@end_option
@pass_invocation
def stats(invocation: Invocation, view: str, start: str | None, end: str | None) -> None:
    """Show statistics of a feature view's rows: nulls, distinct values, quantiles, histograms.

    Times are ISO 8601, both included; without an offset they mean UTC.
    """
    with invocation.open_store() as store:
        found = store.get_view_statistics(view, start, end)
    if invocation.as_json:
        print_json(invocation, asdict(found))
        return
    span = f", from {found.first} to {found.last}" if found.rows else ""
    say(invocation, f"{found.view}: {count_text(found.rows, 'row')}{span}\n")
    headers = ("COLUMN", "TYPE", "NULLS", "DISTINCT", "LEAST", "MEDIAN", "GREATEST", "HISTOGRAM")
    print_table(invocation, headers, [_row(column, found.rows) for column in found.columns])


def _row(column: ColumnFigures, rows: int) -> tuple[object, ...]:
    share = f" ({column.nulls / rows:.1%})" if column.nulls else ""
    nans = f", {column.nans:,} NaN" if column.nans else ""
    ends = [_short(column.quantiles.get(share)) for share in (0.0, 0.5, 1.0)]
    distinct = "" if column.distinct is None else f"{column.distinct:,}"
    return (
        column.name,
        column.type,
        f"{column.nulls:,}{share}{nans}",
        distinct,
        *ends,
        _drawn(column),
    )


def _drawn(column: ColumnFigures) -> str:
    """Return the histogram as a row of bars, or the commonest values with their counts."""
    if not column.bins:
        return ""
    if not column.quantiles:
        return ", ".join(f"{_short(b.low)} {b.count:,}" for b in column.bins[:3])
    most = max(b.count for b in column.bins) or 1
    return "".join(_BARS[-(-b.count * (len(_BARS) - 1) // most)] for b in column.bins)


def _short(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else cell_text(value)[:25]
