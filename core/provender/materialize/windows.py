"""Which rows a materialization has to read, so that none is lost and few are read twice."""

from __future__ import annotations

from dataclasses import dataclass, replace

from provender.catalog.view import CatalogView
from provender.plugin.contract.plan import Window
from provender.tables.ledger import Interval, Ledger


@dataclass(frozen=True, slots=True)
class Stretch:
    """One view's part of a run.

    Attributes:
        view: The view.
        window: The rows to read.
        covers: What is covered when they are written.
        ledger: The ledger that it goes on from.
        complete: Whether the late rows of everything that is covered are read too, so that the
            ledger's `created_seen` may rise.
        caught_up: Whether the rows that were pushed before it began are read too.
        oldest: The earliest event timestamp that is of use (µs): older rows are not moved, and do
            not count as covered; None: all are.
        known: Rows with event timestamps in these intervals may be online just as they are: they
            are looked up, and not written again.
    """

    view: CatalogView
    window: Window
    covers: Interval
    ledger: Ledger
    complete: bool
    caught_up: bool = False
    oldest: int | None = None
    known: tuple[Interval, ...] = ()

    def advance(self, ledger: Ledger, created: int | None) -> Ledger:
        """Return `ledger` after this stretch.

        Args:
            ledger: The ledger as it is now.
            created: The newest created timestamp (µs) among the rows of this stretch, if any.
        """
        alone = ledger.version == self.ledger.version
        seen = self._seen(created) if alone else self._seen_beside(ledger, created)
        moved = self.caught_up and ledger.pushed == self.ledger.pushed
        pushed = None if moved else ledger.pushed
        covered = ledger.with_interval(self.covers).without_before(self.oldest)
        return replace(covered, created_seen=seen, pushed=pushed)

    def _seen(self, created: int | None) -> int | None:
        seen = self.ledger.created_seen
        if self.complete:
            return max((c for c in (seen, created) if c is not None), default=None)
        if not self.ledger.covered:
            return created
        known = [c for c in (seen, created) if c is not None]
        return None if seen is None else min(known)

    def _seen_beside(self, ledger: Ledger, created: int | None) -> int | None:
        """Return what both this run and those that ended meanwhile have seen.

        None of them read the late rows of what the others covered.
        """
        ours = self._seen(created) if self.complete else created
        theirs = ledger.created_seen
        return None if ours is None or theirs is None else min(ours, theirs)


def stretch_between(view: CatalogView, ledger: Ledger, start: int, end: int) -> Stretch:
    """Return the stretch for all rows from `start` to `end` (µs), both included.

    Where some of that is covered already, what is online as it is is not written again.

    Args:
        view: The view.
        ledger: What was moved already.
        start: The first instant in µs.
        end: The last instant in µs.
    """
    window, known = Window(start, end), ledger.covered
    return Stretch(view, window, (start, end), ledger, complete=False, known=known)


def stretch_since_last(view: CatalogView, ledger: Ledger, end: int, lookback: int) -> Stretch:
    """Return the stretch after which the newest row of every key up to `end` is online.

    It begins where the ledger ends; rows of the last instant are read again, since more of them
    may have come, and so are those of the last created timestamp: what then stands online already
    is not written again. A view with a time to live needs nothing older than that, whenever it
    comes; a longer one makes everything be moved that it lets in. Late rows are found by their
    created timestamp where the source has one; `lookback` reads an overlap again, for sources
    without one and for rows that became visible long after they were created.

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
    start = _from_pushed(ledger, floor, start)
    created = view.view.source.created_timestamp_column
    to_the_end = not ledger.covered or ledger.covered[-1][1] <= end
    window, complete = Window(start, end), True
    if created is not None and ledger.covered:
        complete = to_the_end
        if ledger.created_seen is None:
            complete = complete and _begins_before(ledger, floor)
            window = Window(floor, end)
        else:
            window = Window(start, end, late_since=ledger.created_seen - lookback)
    known = () if reached is None else ((floor, reached),)
    return Stretch(view, window, (floor, end), ledger, complete, to_the_end, floor, known)


def _from_pushed(ledger: Ledger, floor: int | None, start: int | None) -> int | None:
    """Return where to begin so that the pushed rows are read that are still of use."""
    if start is None or ledger.pushed is None:
        return start
    oldest = ledger.pushed[0]
    return min(start, oldest if floor is None else max(oldest, floor))


def _begins_before(ledger: Ledger, floor: int | None) -> bool:
    """Whether nothing is covered before `floor`, so that all of it is read."""
    first = ledger.covered[0][0]
    return floor is None or (first is not None and floor <= first)
