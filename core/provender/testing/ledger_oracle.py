"""The law of materialization: which rows the online store must hold after each run."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from provender.clock import to_us
from provender.plugin.reading import CREATED_TIMESTAMP, EVENT_TIMESTAMP, SourceRead, Window
from provender.testing.difference import explain_unordered
from provender.testing.exact import identity, shown
from provender.testing.plain_rows import Row
from provender.testing.window_oracle import key_identity, rows_in

_Pair = tuple[int, bool, int]


class LedgerOracle:
    """Follows the runs of one view and knows what has to be online after them.

    For each key the online row must be at least as new as the newest row that had to be moved
    (`must`), and has to be a row that was there to be moved (`may`): a run may find more than it
    has to, it never loses, invents or goes back.

    Args:
        read: The view's source and columns.
        ttl: The view's time to live in µs; None: for ever.
        lookback: The configured overlap in µs.
    """

    def __init__(self, read: SourceRead, ttl: int | None = None, lookback: int = 0) -> None:
        self._read = read
        self._ttl = ttl
        self._lookback = lookback
        self._covered: list[tuple[int | None, int]] = []
        self._must: list[dict[str, Any]] = []
        self._may: list[dict[str, Any]] = []

    def materialize(self, rows: Sequence[Row], start: int, end: int) -> None:
        """Follow ``materialize(start, end)`` over the source's `rows`; both ends in µs."""
        self._move(rows_in(self._read, Window(start, end), rows))
        self._run(rows, start, end)

    def materialize_incremental(self, rows: Sequence[Row], end: int) -> None:
        """Follow ``materialize_incremental(end)`` over the source's `rows`; `end` in µs.

        What must be moved are the rows up to `end` and within the time to live that no run
        covered yet, those that came late but were created at or after the newest created
        timestamp that was seen, and those within `lookback` of where the ledger ended.
        """
        floor = end - self._ttl if self._ttl else None
        found = rows_in(self._read, Window(floor, end), rows)
        self._move([row for row in found if not self._covers(row) or self._found_late(row)])
        self._run(rows, floor, end)

    def forget_coverage(self) -> None:
        """Follow a change of the view, after which everything has to be moved again.

        What is online stays there until it is replaced.
        """
        self._covered.clear()

    def explain(self, online: Sequence[Row]) -> str | None:
        """Return what is wrong with the rows of the online store; None when nothing is.

        Args:
            online: One row per key that is online: the keys, the features, and
                ``__event_timestamp``, and ``__created_timestamp`` where it is known.
        """
        stored = {key_identity(self._read, row): row for row in online}
        if len(stored) < len(online):
            return "a key is online more than once"
        lost = self._lost(stored)
        invented = [row for row in online if not self._is_one_of(row)]
        if not lost and not invented:
            return None
        newest = self._newest()
        expected = [newest[key_identity(self._read, row)] for row in lost]
        got = [stored[k] for k in map(self._key, lost) if k in stored] + invented
        named = set(online[0]) if online else set(expected[0])
        slim = [{c: v for c, v in row.items() if c in named} for row in expected]
        return "the online store is not what the ledger promises\n" + (
            explain_unordered(slim, got) or f"  {shown(got)}"
        )

    def expected(self) -> list[dict[str, Any]]:
        """Return the newest row of each key that has to be online, as `latest` gives rows."""
        return list(self._newest().values())

    def _move(self, rows: Sequence[dict[str, Any]]) -> None:
        self._must += [row for row in rows if None not in self._values_of_key(row)]

    def _run(self, rows: Sequence[Row], start: int | None, end: int) -> None:
        self._may += rows_in(self._read, Window(None, end), rows)
        self._covered.append((start, end))

    def _covers(self, row: Row) -> bool:
        event = to_us(row[EVENT_TIMESTAMP])
        return any(
            (start is None or start <= event) and event <= end for start, end in self._covered
        )

    def _found_late(self, row: Row) -> bool:
        """Whether a row of a covered stretch has to be found all the same."""
        seen = [row[CREATED_TIMESTAMP] for row in self._must if row[CREATED_TIMESTAMP]]
        created = row[CREATED_TIMESTAMP]
        if created is not None and (not seen or to_us(created) >= max(map(to_us, seen))):
            return True
        reached = max(end for _, end in self._covered)
        return bool(to_us(row[EVENT_TIMESTAMP]) >= reached - self._lookback)

    def _newest(self) -> dict[Hashable, dict[str, Any]]:
        newest: dict[Hashable, dict[str, Any]] = {}
        for row in self._must:
            key = self._key(row)
            if key not in newest or _pair(row) >= _pair(newest[key]):
                newest[key] = row
        return newest

    def _lost(self, stored: dict[Hashable, Row]) -> list[dict[str, Any]]:
        return [
            row
            for key, row in self._newest().items()
            if key not in stored
            or _pair(stored[key])[0] < _pair(row)[0]
            or (CREATED_TIMESTAMP in stored[key] and _pair(stored[key]) < _pair(row))
        ]

    def _is_one_of(self, row: Row) -> bool:
        columns = list(row)
        wanted = [identity(row[c]) for c in columns]
        return any([identity(other[c]) for c in columns] == wanted for other in self._may)

    def _key(self, row: Row) -> Hashable:
        return key_identity(self._read, row)

    def _values_of_key(self, row: Row) -> list[Any]:
        return [row[column.name] for column in self._read.keys]


def _pair(row: Row) -> _Pair:
    created = row.get(CREATED_TIMESTAMP)
    return to_us(row[EVENT_TIMESTAMP]), created is not None, to_us(created) if created else 0
