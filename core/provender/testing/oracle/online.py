"""The law of the online store: newest event wins; and the status of a value that is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from provender.plugin.contract.online_store import OnlineRow, OnlineTable
from provender.plugin.contract.table_figures import TableFigures

Status = Literal["PRESENT", "NULL_VALUE", "NOT_FOUND", "OUTSIDE_MAX_AGE"]


class OnlineOracle:
    """An online store as a dict: right, and of no other use."""

    def __init__(self) -> None:
        self._tables: dict[str, dict[bytes, OnlineRow]] = {}

    def drop(self, tables: Sequence[OnlineTable]) -> None:
        """Forget `tables`."""
        for table in tables:
            self._tables.pop(table.name, None)

    def write(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> None:
        """Merge `rows` into `table`, one after the other."""
        merge(self._tables.setdefault(table.name, {}), rows)

    def read(self, table: OnlineTable, keys: Sequence[bytes]) -> list[OnlineRow | None]:
        """Return the row of each key, in the order of `keys`."""
        stored = self._tables.get(table.name, {})
        return [stored.get(key) for key in keys]

    def delete(self, table: OnlineTable, keys: Sequence[bytes]) -> None:
        """Forget the rows of `keys`."""
        stored = self._tables.get(table.name, {})
        for key in keys:
            stored.pop(key, None)

    def sweep(self, table: OnlineTable, before: int, most: int) -> int:
        """Forget the rows whose event is before an instant, and return how many there were."""
        stored = self._tables.get(table.name, {})
        old = [key for key, row in stored.items() if row[1] < before][: max(most, 0)]
        self.delete(table, old)
        return len(old)

    def swap(
        self, table: OnlineTable, key: bytes, expected: OnlineRow | None, row: OnlineRow
    ) -> bool:
        """Replace the row of `key` if it is `expected`, and return whether it was."""
        stored = self._tables.setdefault(table.name, {})
        if stored.get(key) != expected:
            return False
        stored[key] = row
        return True

    def keys(self, table: OnlineTable) -> list[bytes]:
        """Return the key of every row, in no order."""
        return list(self._tables.get(table.name, {}))

    def figures(self, table: OnlineTable, expired_before: int | None) -> TableFigures:
        """Return exact figures; ``bytes`` are those of keys and values alone."""
        rows = list(self._tables.get(table.name, {}).values())
        size = sum(len(key) + len(value) for key, _, _, value in rows)
        return TableFigures.of_rows([row[1] for row in rows], expired_before, size)


def merge(stored: dict[bytes, OnlineRow], rows: Sequence[OnlineRow]) -> None:
    """Merge `rows` into `stored`: each replaces its key's row unless it is older."""
    for row in rows:
        key, event, created, _ = row
        before = stored.get(key)
        if before is None or (event, created) >= (before[1], before[2]):
            stored[key] = row


def status(
    value: Any, *, found: bool, event_us: int | None, ttl_us: int | None, now_us: int
) -> Status:
    """Return the status of one feature of one entity that was read online.

    Args:
        value: The stored value.
        found: Whether a row with that feature is stored.
        event_us: The stored row's event timestamp in µs.
        ttl_us: The view's time to live in µs; None or 0: for ever.
        now_us: The instant of the read in µs.
    """
    if not found or event_us is None:
        return "NOT_FOUND"
    if ttl_us and now_us - event_us > ttl_us:
        return "OUTSIDE_MAX_AGE"
    return "NULL_VALUE" if value is None else "PRESENT"
