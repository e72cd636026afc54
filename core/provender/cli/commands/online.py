"""``provender online``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from provender.cli.frame.command import ProvenderCommand
from provender.cli.frame.invocation import Invocation, pass_invocation
from provender.cli.frame.output import print_json, print_table, say
from provender.cli.inputs import registered_names

if TYPE_CHECKING:
    from provender.online_figures import OnlineFigures

_EXAMPLE = """provender online
provender online driver_stats --output json"""
HEADERS = ("VIEW", "GEN", "ROWS", "SIZE", "EXPIRED", "OLDEST", "NEWEST", "LAST RUN")
_UNKNOWN = "-"
_AGES = ((86_400 * 365, "y"), (86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_THOUSANDS = ("", "k", "M", "G", "T", "P")
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")


@click.command(cls=ProvenderCommand, example=_EXAMPLE)
@click.argument("views", metavar="[VIEW]…", nargs=-1, shell_complete=registered_names.views)
@pass_invocation
def online(invocation: Invocation, views: Sequence[str]) -> None:
    """Show what the online store holds: rows, size and age, view by view.

    Ages are those of the oldest and of the newest event, and of the end of the last
    materialization. A figure after ~ is an estimate; - is one that the store does not know.
    """
    with invocation.open_store() as store:
        found = store.online_figures(views or None)
        now = store.stores.clock()
        kind = store.stores.plugins.store_type("online").name
        project = store.project
    if invocation.as_json:
        document = {"project": project, "store": kind, "measured": now}
        print_json(invocation, {**document, "tables": list(map(_document, found))})
    elif found:
        say(invocation, f"Online store: {kind}")
        print_table(invocation, HEADERS, [row(one, now) for one in found])
        for line in notes(found):
            say(invocation, line)
    else:
        say(invocation, "No feature view is online; `provender apply` registers definitions.")


def row(one: OnlineFigures, now: datetime) -> tuple[str, ...]:
    """Return the cells of a table's line."""
    share = one.expired_share
    size = None if one.bytes is None else size_text(one.bytes)
    expired = None if share is None else share_text(share)
    rows_exact = one.rows is None or "rows" not in one.estimated
    rows = None if one.rows is None else f"{one.rows:,}" if rows_exact else count_text(one.rows)
    return (
        one.view,
        f"{one.generation}*" if one.waiting else f"{one.generation}",
        _marked(rows, one, "rows"),
        _marked(size, one, "bytes"),
        _marked(expired, one, "expired", "rows"),
        _marked(age_text(one.oldest, now), one, "oldest"),
        _marked(age_text(one.newest, now), one, "newest"),
        _marked(age_text(one.last_run, now), one),
    )


def _marked(text: str | None, one: OnlineFigures, *names: str) -> str:
    """Return a figure with ``~`` if one of these is an estimate, ``-`` if it is not known."""
    if text is None:
        return _UNKNOWN
    return f"~{text}" if one.estimated & set(names) and one.rows else text


def notes(found: Sequence[OnlineFigures]) -> list[str]:
    """Return what the marks of the lines mean, of those that there are."""
    said = []
    if any(one.waiting for one in found):
        said.append("* not read under the newest catalog: being filled, or waits to be dropped")
    if any(one.estimated and one.rows for one in found):
        said.append("~ estimated")
    return said


def count_text(count: int) -> str:
    """Return a count in at most three digits and a unit, such as ``1.23 M``."""
    return _in_units(count, 1000, _THOUSANDS)


def size_text(count: int) -> str:
    """Return a number of bytes in at most three digits and a unit, such as ``1.23 MiB``."""
    return _in_units(count, 1024, _BYTES)


def _in_units(count: int, step: int, units: Sequence[str]) -> str:
    value, at = float(count), 0
    while value >= 999.5 and at < len(units) - 1:
        value, at = value / step, at + 1
    places = 0 if not at else max(0, 3 - len(f"{value:.0f}"))
    return f"{value:.{places}f} {units[at]}".rstrip()


def share_text(share: float) -> str:
    """Return a share as percents; only none of it is ``0%``, and only all of it ``100%``."""
    if 0 < share < 0.01:
        return "<1%"
    return f"{min(99, round(share * 100)) if share < 1 else 100}%"


def age_text(instant: datetime | None, now: datetime) -> str | None:
    """Return how long ago an instant was, such as ``3 h``; ``in 3 h`` for a later one."""
    if instant is None:
        return None
    seconds = (now - instant).total_seconds()
    length, unit = next((a for a in _AGES if abs(seconds) >= a[0]), (1, "s"))
    text = f"{abs(seconds) / length:.0f} {unit}"
    return text if seconds >= 0 else f"in {text}"


def _document(one: OnlineFigures) -> dict[str, Any]:
    return {
        "view": one.view,
        "generation": one.generation,
        "waiting": one.waiting,
        "table": one.table,
        "rows": one.rows,
        "bytes": one.bytes,
        "expired": one.expired,
        "expired_share": one.expired_share,
        "oldest": one.oldest,
        "newest": one.newest,
        "estimated": sorted(one.estimated),
        "last_run": one.last_run,
        "loaded_until": one.loaded_until,
    }
