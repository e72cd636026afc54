"""`TableFigures`: how many rows an online table holds, how large they are and how old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TableFigures:
    """What is known of the rows of one online table; None: it is not known.

    Attributes:
        rows: How many rows it holds.
        bytes: How many bytes they take, as the store counts them: with indexes and overhead where
            it knows them, at least their keys and values.
        expired: How many of the rows have expired: their events are before the instant that was
            asked for.
        oldest_us: The oldest event timestamp, in µs; None also when there are no rows.
        newest_us: The newest event timestamp, in µs; None also when there are no rows.
        estimated: The names of those that are estimates. An estimated event timestamp is that
            of a row that was seen: the oldest may be older, the newest newer.
    """

    rows: int | None = None
    bytes: int | None = None
    expired: int | None = None
    oldest_us: int | None = None
    newest_us: int | None = None
    estimated: frozenset[str] = frozenset()

    @classmethod
    def of_rows(
        cls,
        events: Sequence[int],
        expired_before: int | None,
        size: int | None,
        rows: int | None = None,
    ) -> TableFigures:
        """Return the figures of a table from rows that were read: all of them, or a sample.

        Args:
            events: The event timestamps of the rows that were read, in µs.
            expired_before: A row has expired when its event is before this instant, in µs.
            size: How many bytes these rows take; None: it is not known.
            rows: How many rows the table is thought to hold; what follows from the sample is then
                marked as an estimate. None: all of its rows were read.
        """
        seen = len(events)
        expired = 0 if expired_before is None else sum(event < expired_before for event in events)
        oldest, newest = (min(events), max(events)) if events else (None, None)
        if rows is None:
            return cls(seen, size, expired, oldest, newest)
        rows = max(rows, seen)
        estimated = {"rows", "bytes", "oldest_us", "newest_us"}
        if expired_before is not None:
            estimated.add("expired")
        share = rows / seen if seen else 0.0
        return cls(
            rows,
            None if size is None or (rows and not seen) else round(size * share),
            None if rows and not seen and expired_before is not None else round(expired * share),
            oldest,
            newest,
            frozenset(estimated),
        )


NO_ROWS = TableFigures(rows=0, bytes=0, expired=0)
"""The figures of a table without rows, such as one that was never prepared."""
