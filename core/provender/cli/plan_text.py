"""A plan as people read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from provender.cli.output import count_text

if TYPE_CHECKING:
    from provender.catalog.difference import FieldChange
    from provender.catalog.plan import Plan

_SIGNS = {"add": ("+", "green"), "change": ("~", "yellow"), "remove": ("-", "red")}


def plan_text(plan: Plan, color: bool | None = None) -> Iterator[str]:
    """Yield a plan line by line: objects, their changed fields, and online tables.

    Args:
        plan: The plan.
        color: False: without colors.
    """
    if plan.is_empty:
        yield "No changes."
        return
    for change in plan.changes:
        sign, shade = _SIGNS[change.action]
        line = f"{sign} {change.kind} {change.name}"
        yield line if color is False else click.style(line, fg=shade)
        yield from (f"    {_field_text(field)}" for field in change.fields)
    for table, rows in plan.tables_dropped:
        if rows != 0:
            line = f"! online rows of {table.view} are lost: {_rows_text(rows)}"
            yield line if color is False else click.style(line, fg="red", bold=True)
    counts = {action: sum(c.action == action for c in plan.changes) for action in _SIGNS}
    yield (
        f"Plan: {counts['add']} to add, {counts['change']} to change, {counts['remove']} to remove."
    )


def dropped_text(plan: Plan) -> str:
    """Return the online rows that a plan loses, in one line."""
    lost = [(table.view, rows) for table, rows in plan.tables_dropped if rows != 0]
    return ", ".join(f"{_rows_text(rows)} of {view}" for view, rows in lost)


def _rows_text(rows: int | None) -> str:
    return "an unknown number of rows" if rows is None else count_text(rows, "row")


def _field_text(field: FieldChange) -> str:
    if field.before is None:
        return f"{field.path}: + {field.after!r}"
    if field.after is None:
        return f"{field.path}: - {field.before!r}"
    return f"{field.path}: {field.before!r} → {field.after!r}"
