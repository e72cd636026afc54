"""Which rows a materialization has to read, so that none is lost and few are read twice."""

from __future__ import annotations

from dataclasses import dataclass, replace

from provender.catalog.view import CatalogView
from provender.materialize.ledger import Interval, Ledger
from provender.plugin.reading import Window


@dataclass(frozen=True, slots=True)
class Stretch:
    """One view's part of a run.

    Attributes:
        view: The view.
        window: The rows to read.
        covers: What is covered when they are written.
        complete: Whether every late row below `covers` is read too, so that the ledger's
            `created_seen` may rise.
    """

    view: CatalogView
    window: Window
    covers: Interval
    complete: bool

    def advance(self, ledger: Ledger, created: int | None) -> Ledger:
        """Return `ledger` after this stretch, whose newest created timestamp was `created` (µs)."""
        seen = ledger.created_seen
        if self.complete:
            seen = max((c for c in (seen, created) if c is not None), default=None)
        elif not ledger.covered:
            seen = created
        elif seen is not None and created is not None:
            seen = min(seen, created)
        return replace(ledger.with_interval(self.covers), created_seen=seen)


def stretch_between(view: CatalogView, start: int, end: int) -> Stretch:
    """Return the stretch for all rows from `start` to `end` (µs), both included."""
    return Stretch(view, Window(start, end), (start, end), complete=False)


def stretch_since_last(view: CatalogView, ledger: Ledger, end: int, lookback: int) -> Stretch:
    """Return the stretch after which the newest row of every key up to `end` is online.

    It begins where the ledger ends; rows of the last instant are read again, since more of them
    may have come. A view with a time to live needs nothing older than that. Late rows are found
    by their created timestamp where the source has one; `lookback` reads an overlap again, for
    sources without one and for rows that became visible long after they were created.

    Args:
        view: The view.
        ledger: What was moved already.
        end: The last instant in µs.
        lookback: The overlap in µs.
    """
    ttl = view.view.ttl_us
    floor = None if ttl is None else end - ttl
    reached = ledger.reach(floor)
    start = floor if reached is None else min(reached, end) - lookback
    created = view.view.source.created_timestamp_column
    if created is None or not ledger.covered:
        return Stretch(view, Window(start, end), (floor, end), complete=True)
    if ledger.created_seen is None:
        return Stretch(view, Window(floor, end), (floor, end), complete=True)
    window = Window(start, end, late_since=ledger.created_seen - lookback)
    return Stretch(view, window, (floor, end), complete=True)
