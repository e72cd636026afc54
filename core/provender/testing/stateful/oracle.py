"""`StoryOracle`: what may be true after each step of a story, even one broken off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from provender.plugin import HistoricalPlan, ViewJoin
from provender.testing.oracle.join import JoinedRow, acceptable
from provender.testing.oracle.ledger import Kept, LedgerOracle
from provender.testing.oracle.rows import Row
from provender.testing.stateful.scenario import VIEW, Definition, Scenario, StoryRow
from provender.testing.stateful.steps import (
    Forget,
    Incremental,
    Materialize,
    Push,
    Repair,
    Step,
    Sweep,
    entities,
    moved_rows,
)

QUERY = "q"
"""The column with the instants of a story's entity rows."""


class StoryOracle:
    """Follows a story.

    After a step that was broken off, nobody knows whether it was done: from there the oracle
    follows both stories, and drops the one that what is seen later contradicts.

    Args:
        shape: What the story is about.
        definition: The view as it is registered first.
    """

    def __init__(self, shape: Scenario, definition: Definition) -> None:
        self.shape = shape
        self.definition = definition
        self.rows: list[StoryRow] = []
        self.begin_anew()

    def begin_anew(self) -> None:
        """Follow a view that was removed and comes back: nothing of it is online."""
        read = self.shape.read(self.definition)
        self._ledgers = [LedgerOracle(read, self.definition.ttl, self.shape.lookback)]

    @property
    def source_rows(self) -> list[Row]:
        """The rows of the source, in the order in which they arrived."""
        return [row.columns(self.shape) for row in self.rows]

    def change(self, definition: Definition) -> None:
        """Follow an apply."""
        self.definition = definition
        for ledger in self._ledgers:
            ledger.change(self.shape.read(definition), definition.ttl)

    def arrive(self, rows: Sequence[StoryRow], *, pushed: bool) -> None:
        """Follow rows into the source; `pushed`: the feature store took them and said so."""
        if pushed:
            positions = range(len(self.rows), len(self.rows) + len(rows))
            self._each(lambda ledger: ledger.push(positions))
        self.rows += rows

    def mend(self, position: int, row: StoryRow | None) -> None:
        """Follow a row of the source that is replaced by another one, or taken out."""
        del self.rows[position]
        self._each(lambda ledger: ledger.remove(position))
        self.rows += [] if row is None else [row]

    def rebuild(self, end: int | None, now: int, kept: Kept) -> None:
        """Follow a rebuild that was done up to an instant (µs; None: the present)."""
        rows, last = self.source_rows, now if end is None else min(end, now)
        self._each(lambda ledger: ledger.rebuild(rows, last, now, kept))

    def follow(self, step: Step, now: int, *, done: bool) -> None:
        """Follow a step that moves rows.

        Args:
            step: The step.
            now: The present in µs, beyond which nothing is moved.
            done: Whether it ended well; else it may have been done, in part or as a whole.
        """
        if isinstance(step, Push):
            written = moved_rows(step.rows, self.shape) if step.to != "offline" else []
            self._each(lambda ledger: ledger.write(written, done=done))
            return
        if isinstance(step, Sweep):
            self._sweep(now)
            return
        run = self._run(step, now)
        broken = [] if done else [ledger.copy() for ledger in self._ledgers]
        untouched = [ledger.copy() for ledger in broken if isinstance(step, Forget | Repair)]
        for ledger in broken:
            run(ledger, False)
        self._each(lambda ledger: run(ledger, True))
        self._ledgers += broken + untouched
        if isinstance(step, Materialize | Incremental):  # a run sweeps after its writes
            self._sweep(min(step.end, now))

    def _sweep(self, now: int) -> None:
        if self.definition.ttl:
            oldest = now - self.definition.ttl
            self._each(lambda ledger: ledger.sweep(oldest))

    def _each(self, follow: Callable[[LedgerOracle], None]) -> None:
        for ledger in self._ledgers:
            follow(ledger)

    def _run(self, step: Step, now: int) -> Callable[[LedgerOracle, bool], None]:
        rows = self.source_rows
        if isinstance(step, Materialize):
            start, end = step.start, min(step.end, now)
            return lambda ledger, done: ledger.materialize(rows, start, end, done=done)
        if isinstance(step, Forget):
            forgotten = entities([step.key], self.shape)
            return lambda ledger, done: ledger.forget(forgotten, done=done)
        if isinstance(step, Repair):
            asked, last = entities(step.keys, self.shape), min(step.end or now, now)
            return lambda ledger, done: ledger.repair(rows, asked, last, done=done)
        assert isinstance(step, Incremental)
        until = min(step.end, now)
        return lambda ledger, done: ledger.materialize_incremental(rows, until, done=done)

    def explain(self, online: Sequence[Row]) -> str | None:
        """Return what is wrong with the online rows, whatever was done; None when nothing is."""
        wrong = [(ledger.explain(online), ledger) for ledger in self._ledgers]
        self._ledgers = [ledger for problem, ledger in wrong if problem is None]
        if not self._ledgers:
            return wrong[0][0]
        self._each(lambda ledger: ledger.serve(online))
        return None

    def historical(self, spine: Sequence[Row], known_at: int | None) -> list[JoinedRow]:
        """Return what may stand in a point-in-time read of the whole view.

        Args:
            spine: The entity rows: the keys and `QUERY`.
            known_at: Source rows that were created after this instant (µs) do not exist.
        """
        read = self.shape.read(self.definition)
        names, features = self.shape.names, self.definition.features
        join = ViewJoin(VIEW, read, names, features, self.definition.ttl)
        plan = HistoricalPlan(QUERY, (*names, QUERY), (join,), known_at)
        return acceptable(plan, spine, {VIEW: self.source_rows})
