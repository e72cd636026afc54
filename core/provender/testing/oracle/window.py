"""The law of `OfflineStore.rows` and `OfflineStore.latest`: which rows lie in a window."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from provender.clock import to_us
from provender.plugin.contract.plan import (
    CREATED_TIMESTAMP,
    EVENT_TIMESTAMP,
    SourceRead,
    Window,
)
from provender.testing.oracle.identity import identity
from provender.testing.oracle.join import created_of, exists, newest
from provender.testing.oracle.rows import Row


def rows_in(read: SourceRead, window: Window, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows within `window` as `OfflineStore.rows` gives them; their order is free.

    A row without an event timestamp lies in no window.
    """
    return [_result(read, row) for row in rows if _within(read, window, row)]


def latest(
    read: SourceRead, window: Window, rows: Sequence[Row]
) -> dict[Hashable, list[dict[str, Any]]]:
    """Return, for each key within `window`, the rows that `OfflineStore.latest` may give.

    The dict's keys are those of `key_identity`. Rows that are equal in event and created
    timestamp are all acceptable.
    """
    groups: dict[Hashable, list[Row]] = {}
    for row in rows:
        key = tuple(row[column.source] for column in read.keys)
        if None not in key and _within(read, window, row):
            groups.setdefault(tuple(map(identity, key)), []).append(row)
    return {
        key: [_result(read, row) for row in newest(read, members)]
        for key, members in groups.items()
    }


def key_identity(read: SourceRead, result_row: Row) -> Hashable:
    """Return the key of a row of a result, as `latest` names it."""
    return tuple(identity(result_row[column.name]) for column in read.keys)


def _within(read: SourceRead, window: Window, row: Row) -> bool:
    event = row[read.timestamp]
    if event is None or not exists(read, row, window.known_at):
        return False
    if window.end is not None and to_us(event) > window.end:
        return False
    return window.start is None or to_us(event) >= window.start or _late(read, window, row)


def _late(read: SourceRead, window: Window, row: Row) -> bool:
    """Whether `row` may have come late; one that does not say when it was created may have."""
    if window.late_since is None:
        return False
    created = created_of(read, row)
    return created is None or to_us(created) >= window.late_since


def _result(read: SourceRead, row: Row) -> dict[str, Any]:
    stamps = {
        EVENT_TIMESTAMP: row[read.timestamp],
        CREATED_TIMESTAMP: created_of(read, row),
    }
    columns = (*read.keys, *read.features)
    return stamps | {column.name: row[column.source] for column in columns}
