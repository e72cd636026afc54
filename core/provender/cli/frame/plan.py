"""A plan as people read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from provender.errors import count_text

if TYPE_CHECKING:
    from provender.catalog.versions.diff import FieldChange, ObjectChange
    from provender.filling.estimate import FillEstimate
    from provender.plugin.contract.plan import Estimate
    from provender.registration.plan import Plan

_SIGNS = {"add": ("+", "green"), "change": ("~", "yellow"), "remove": ("-", "red")}


_SHADES = {"needs backfill": "yellow", "breaking": "red"}


def plan_text(plan: Plan, color: bool | None = None) -> Iterator[str]:
    """Yield a plan line by line: objects, their changed fields, and online tables.

    Args:
        plan: The plan.
        color: False: without colors.
    """
    from provender.registration.consent import rows_text

    if plan.is_empty:
        yield "No changes."
        return
    yield from changes_text(plan.changes, color)
    for table in plan.tables_made:
        yield _shaded(f"+ online table of {table.view}", color, fg="green")
    for table, rows in plan.tables_dropped:
        if rows == 0:
            yield _shaded(f"- online table of {table.view}, which is empty", color, fg="red")
        else:
            line = f"! online rows of {table.view} are lost: {rows_text(rows)}"
            yield _shaded(line, color, fg="red", bold=True)
    yield f"Plan: {plan.summary()}."


def changes_text(changes: Sequence[ObjectChange], color: bool | None = None) -> Iterator[str]:
    """Yield the objects that change, each followed by its changed fields."""
    for change in changes:
        line = _object_text(change, color)
        told = change.action == "remove" or any(f.impact != change.impact for f in change.fields)
        yield line + (_impact_text(change, color) if told else "")
        yield from (_field_text(field, color) for field in change.fields)


def summary_text(changes: Sequence[ObjectChange], color: bool | None = None) -> Iterator[str]:
    """Yield the objects that change, each in one line with what the change means."""
    for change in changes:
        told = change.action != "add" and change.impact != "metadata"
        yield _object_text(change, color) + (_impact_text(change, color) if told else "")


def _object_text(change: ObjectChange, color: bool | None) -> str:
    sign, shade = _SIGNS[change.action]
    return _shaded(f"{sign} {change.kind} {change.name}", color, fg=shade)


def _impact_text(change: ObjectChange | FieldChange, color: bool | None) -> str:
    reason = f": {change.reason}" if change.reason else ""
    return "  " + _shaded(f"({change.impact}{reason})", color, fg=_SHADES.get(change.impact))


def _shaded(text: str, color: bool | None, **style: Any) -> str:
    return text if color is False else click.style(text, **style)


def fill_text(found: Sequence[FillEstimate], *, asked: bool) -> Iterator[str]:
    """Yield what has to be loaded online, and how that is done before the change.

    Args:
        found: What it takes for each view.
        asked: Whether it is loaded before.
    """
    missing = [one for one in found if asked or not one.is_new]
    if missing and asked:
        yield "Online rows to load first:"
    elif missing:
        yield (
            "Online rows or values of these feature views are missing until they are materialized "
            "(apply --fill loads them first):"
        )
    for one in missing:
        rows = "new" if one.is_new else f"{_rows_text(one.rows)} online now"
        cost = estimate_text(one.read)
        yield f"    {one.view}: {rows}" + (f"; reads {cost}" if cost else "")


def _rows_text(rows: int | None) -> str:
    from provender.registration.consent import rows_text

    return rows_text(rows)


def estimate_text(found: Estimate) -> str:
    """Return what is known of the cost of a query, such as ``1,024 bytes, about 0.0100 USD``."""
    parts = []
    if found.rows is not None:
        parts.append(count_text(found.rows, "row"))
    if found.bytes is not None:
        parts.append(count_text(found.bytes, "byte"))
    if found.price is not None:
        parts.append(f"about {found.price:.4f} {found.currency}")
    return ", ".join(parts)


def dropped_text(plan: Plan) -> str:
    """Return the online rows that a plan loses, in one line."""
    from provender.registration.consent import rows_text

    lost = [(table.view, rows) for table, rows in plan.tables_dropped if rows != 0]
    return ", ".join(f"{rows_text(rows)} of {view}" for view, rows in lost)


def _field_text(field: FieldChange, color: bool | None) -> str:
    told = "" if field.impact == "metadata" else _impact_text(field, color)
    return f"    {field}{told}"
