"""The rules of the point-in-time join: every row checked, one by one, in plain Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provender.clock import to_us
from provender.plugin.contract.plan import HistoricalPlan, SourceRead, ViewJoin
from provender.testing.oracle.identity import identity, row_identity
from provender.testing.oracle.rows import Row

SourceRows = Mapping[str, Sequence[Row]]
"""For each view of a plan by its name: its source's rows, under the source's own columns."""


@dataclass(frozen=True)
class JoinedRow:
    """What may stand in the result for one row of the spine.

    Attributes:
        spine: The spine's columns.
        choices: For each join, the values that may stand in its outputs: several when rows are
            equal in event and created timestamp, for then only determinism is asked for.
    """

    spine: dict[str, Any]
    choices: tuple[tuple[dict[str, Any], ...], ...]

    def accepts(self, row: Row) -> bool:
        """Whether `row` is a right answer: the right columns in the right order, right values."""
        if list(row) != list(self.example()):
            return False
        parts = ((self.spine,), *self.choices)
        return all(
            any(all(identity(row[c]) == identity(part[c]) for c in part) for part in several)
            for several in parts
        )

    def example(self) -> dict[str, Any]:
        """Return one right answer, always the same one."""
        first = (
            min(several, key=lambda part: repr(row_identity(part))) for several in self.choices
        )
        row = dict(self.spine)
        for part in first:
            row.update(part)
        return row


def acceptable(
    plan: HistoricalPlan, spine_rows: Sequence[Row], source_rows: SourceRows
) -> list[JoinedRow]:
    """Return what may stand in each row of the result, in the spine's order.

    Args:
        plan: What to join.
        spine_rows: The entity rows; instants are datetimes, naive ones mean UTC.
        source_rows: The rows of each view's source.
    """
    return [
        JoinedRow(
            {column: spine_row[column] for column in plan.spine_columns},
            tuple(_choices(plan, join, spine_row, source_rows[join.view]) for join in plan.joins),
        )
        for spine_row in spine_rows
    ]


def historical(
    plan: HistoricalPlan, spine_rows: Sequence[Row], source_rows: SourceRows
) -> list[dict[str, Any]]:
    """Return a right answer to `plan`; where ties leave a choice, always the same one."""
    return [row.example() for row in acceptable(plan, spine_rows, source_rows)]


def _choices(
    plan: HistoricalPlan, join: ViewJoin, spine_row: Row, rows: Sequence[Row]
) -> tuple[dict[str, Any], ...]:
    matching = [row for row in rows if _matches(plan, join, spine_row, row)]
    if not matching:
        return (dict.fromkeys(join.outputs),)
    return tuple(
        {
            output: row[column.source]
            for output, column in zip(join.outputs, join.read.features, strict=True)
        }
        for row in newest(join.read, matching)
    )


def _matches(plan: HistoricalPlan, join: ViewJoin, spine_row: Row, row: Row) -> bool:
    instant, event = spine_row[plan.timestamp], row[join.read.timestamp]
    known_at = plan.known_at
    if isinstance(known_at, str):
        known = spine_row[known_at]
        if known is None:
            return False
        known_at = to_us(known)
    if instant is None or event is None or not exists(join.read, row, known_at):
        return False
    for spine_key, column in zip(join.spine_keys, join.read.keys, strict=True):
        wanted, got = spine_row[spine_key], row[column.source]
        if wanted is None or got is None or identity(wanted) != identity(got):
            return False
    age = to_us(instant) - to_us(event)
    return age >= 0 and (not join.ttl or age <= join.ttl)


def exists(read: SourceRead, row: Row, known_at: int | None) -> bool:
    """Whether `row` existed at `known_at`: it was not created after that instant (µs).

    A row without a created timestamp has always existed.
    """
    created = created_of(read, row)
    return known_at is None or created is None or to_us(created) <= known_at


def created_of(read: SourceRead, row: Row) -> datetime | None:
    """Return when `row` was created, or None when it does not say."""
    created: datetime | None = row[read.created] if read.created else None
    return created


def newest(read: SourceRead, rows: Sequence[Row]) -> list[Row]:
    """Return the rows with the latest ``(event, created)`` pair; a null created is earliest."""

    def rank(row: Row) -> tuple[int, bool, int]:
        created = created_of(read, row)
        known = created is not None
        return to_us(row[read.timestamp]), known, to_us(created) if created else 0

    latest = max(map(rank, rows))
    return [row for row in rows if rank(row) == latest]
