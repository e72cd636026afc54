"""`StoryMachine`: random stories of one feature view, compared with the oracle after each step.

Rows are appended and come late, runs move them, the view changes, the clock moves, the source is
mended, and online rows are rebuilt, loaded with a change of the view, repaired, forgotten and
swept. At any call of a store there may be trouble: it fails, its answer is lost, it is half done,
done twice, or the process is killed. Needs hypothesis: ``pip install 'provender[testing]'``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from provender.clock import from_us, to_us
from provender.plugin.contract.plan import EVENT_TIMESTAMP
from provender.testing.oracle.ledger import Kept
from provender.testing.stateful.crash_runner import CrashSite
from provender.testing.stateful.faults import PlannedFault
from provender.testing.stateful.oracle import QUERY, StoryOracle
from provender.testing.stateful.project import StoryProject
from provender.testing.stateful.reads import (
    explain_history,
    explain_serving,
    source_rows,
)
from provender.testing.stateful.scenario import VIEW, Definition, StoryRow, StorySubject
from provender.testing.stateful.steps import (
    Append,
    Apply,
    ApplyFilled,
    Forget,
    Incremental,
    Materialize,
    OnlyOnlineRows,
    Push,
    Rebuild,
    Repair,
    Step,
    Sweep,
)
from provender.testing.stateful.strategies import SECOND, DrawnRow, configurations, happenings

_KEPT: Mapping[OnlyOnlineRows, Kept] = {"keep": "copied", "lose": "lost", "ask": "none"}
_UNTIL_DROPPED = 7200
"""Seconds after which nobody can be reading or filling a table of before."""
_OLDEST = DrawnRow(0, -90 * SECOND, "now", None, None)


class StoryMachine(RuleBasedStateMachine):
    """The state machine; a subclass names the subject and the place where processes may die.

    Attributes:
        subject: The provider.
        crash_site: Where steps are taken that kill their process.
        told: How many stories were told, and how many steps they had.
    """

    subject: ClassVar[StorySubject]
    crash_site: ClassVar[CrashSite]
    told: ClassVar[list[int]]

    def __init__(self) -> None:
        super().__init__()
        self._stage: StoryProject | None = None
        self._changed = False
        self._fills = False
        self._sound = False

    @property
    def stage(self) -> StoryProject:
        """The project that the story plays in."""
        assert self._stage is not None, "a story has to begin"
        return self._stage

    @initialize(settings=configurations())
    def begin(self, settings: dict[str, Any]) -> None:
        """Open a project with some rows in its source, and register the view."""
        self.told[0] += 1
        self._stage = StoryProject(self.subject, self.crash_site, settings)
        definition = settings["definition"]
        self._oracle = StoryOracle(self._stage.shape, definition)
        self._oracle.rows += self._stage.set_up(definition, [_OLDEST, *settings["drawn"]])

    @rule(what=happenings())
    def happens(self, what: tuple[str, dict[str, Any]]) -> None:
        """One of the following happens.

        It is one rule, since hypothesis would leave most of several rules out of most stories,
        and it takes the mixture to lose something.
        """
        name, arguments = what
        getattr(self, name)(**arguments)

    def append(self, drawn: list[DrawnRow], trouble: PlannedFault | None) -> None:
        """Rows are added to the source: new ones, late ones, ties, null keys."""
        step = Append(self.stage.rows(drawn))
        self._arrive(step, trouble, done=self._take(step, trouble))

    def push(self, drawn: list[DrawnRow], to: str, trouble: PlannedFault | None) -> None:
        """Rows are pushed: online, offline, or both."""
        rows = tuple(row for row in self.stage.rows(drawn) if None not in row.key)
        if rows:
            step = Push(rows, to)
            self._arrive(step, trouble, done=self._move(step, trouble))

    def _arrive(self, step: Append | Push, trouble: PlannedFault | None, *, done: bool) -> None:
        """Follow rows into the source: all of them or none, several times if they came again."""
        arrivals, pushed = 1, isinstance(step, Push)
        rows = () if isinstance(step, Push) and step.to == "online" else step.rows
        if trouble is not None:
            came = source_rows(self.stage.store, self._oracle)
            arrivals = (len(came) - len(self._oracle.rows)) // max(len(rows), 1)
            expected = sorted(row.v for row in [*self._oracle.rows, *rows * arrivals])
            assert came == expected, "rows are added whole"
            assert arrivals or not done or not rows, "what was added is there"
        self._oracle.arrive(rows * arrivals, pushed=pushed and done)
        self._changed = self._changed or bool(rows)

    def materialize_incremental(self, end: int, trouble: PlannedFault | None) -> None:
        """What is not yet online is moved; then nothing is left to be moved."""
        step = Incremental(self.subject.start + end)
        if self._move(step, trouble):
            reports = self.stage.store.materialize_incremental(from_us(step.end))
            assert not any(report.rows for report in reports), f"written again: {reports}"
            lost = [r for r in reports if r.read != r.rows + r.equal + r.kept_back]
            assert not lost, f"rows that are not accounted for: {lost}"
            self._oracle.follow(step, self.stage.clock.now, done=True)

    def materialize(self, ends: tuple[int, int], trouble: PlannedFault | None) -> None:
        """The rows between two instants are moved."""
        start, end = (self.subject.start + offset for offset in sorted(ends))
        self._move(Materialize(min(start, self.stage.clock.now), end), trouble)

    def apply(self, definition: Definition, trouble: PlannedFault | None) -> None:
        """The view gets or loses features, or lives for another time."""
        done = self._take(Apply(definition.features, definition.ttl), trouble)
        self._registered(definition, done=done)

    def _registered(self, definition: Definition, *, done: bool) -> None:
        """Follow a definition that is registered now, for certain if that is done."""
        found = self.stage.store.get_feature_view(VIEW)
        now = Definition(tuple(field.name for field in found.schema), found.ttl_us)
        allowed = [definition] if done else [definition, self._oracle.definition]
        assert now in allowed, f"registered is {now}, allowed are {allowed}"
        self._changed = self._changed or now != self._oracle.definition
        self._oracle.change(now)

    def apply_filled(
        self, definition: Definition, consent: bool, trouble: PlannedFault | None
    ) -> None:
        """The view is changed, with its online rows: it is read in the old form or in the new."""
        self._fills, before = True, self.stage.generation
        done = self._take(ApplyFilled(definition.features, definition.ttl, consent), trouble)
        filled = self.stage.generation != before
        self._registered(definition, done=done and (filled or consent))
        if filled:
            assert self._oracle.definition == definition, "the table comes with its definition"
            self._oracle.rebuild(None, self.stage.clock.now, "lost" if consent else "none")

    def rebuild(
        self, end: int | None, only_online: OnlyOnlineRows, trouble: PlannedFault | None
    ) -> None:
        """What is online is made what the source has: as a whole, or not at all."""
        if only_online == "keep" and not self.stage.can("keys"):
            only_online = "lose"
        self._fills, before = True, self.stage.generation
        step = Rebuild(None if end is None else self.subject.start + end, only_online)
        done = self._take(step, trouble)
        switched = self.stage.generation != before
        assert switched or not done or only_online == "ask", "what was rebuilt is read"
        if switched:
            self._oracle.rebuild(step.end, self.stage.clock.now, _KEPT[only_online])

    def repair(self, keys: set[int], end: int | None, trouble: PlannedFault | None) -> None:
        """The rows of some keys are made what the source has."""
        asked = tuple(self.stage.shape.keys[key] for key in sorted(keys))
        self._move(Repair(asked, None if end is None else self.subject.start + end), trouble)

    def forget(self, key: int, trouble: PlannedFault | None) -> None:
        """The row of a key is erased online; the source may have it still."""
        self._move(Forget(self.stage.shape.keys[key]), trouble)

    def sweep(self, trouble: PlannedFault | None) -> None:
        """Rows that are too old are removed."""
        done, ttl = self._move(Sweep(), trouble), self._oracle.definition.ttl
        if done and ttl and self.stage.can("sweep"):
            left = self.stage.stored_rows(self._oracle.definition)
            old = [r for r in left if to_us(r[EVENT_TIMESTAMP]) < self.stage.clock.now - ttl]
            assert not old, f"too old, and not swept: {old}"

    def mend(self, position: int, how: str) -> None:
        """A row of the source is removed, moved earlier, or gets another value in its place."""
        rows = self._oracle.rows
        if self.subject.empty is None or len(rows) < 2:
            return
        position %= len(rows)
        row = rows[position]
        mended: dict[str, StoryRow | None] = {
            "removed": None,
            "earlier": replace(row, event=row.event - 3 * SECOND),
            "value": replace(row, v=self.stage.next_serial()),
        }
        self._oracle.mend(position, mended[how])
        self.stage.replace(self._oracle.rows)
        self._changed = True

    def register_anew(self, fill: bool = False) -> None:
        """The view is removed, with what is online of it, and comes back, with rows or without."""
        entities, view = self.stage.shape.definitions(self._oracle.definition)[:-1], VIEW
        self.stage.store.apply(entities, partial=False, allow_data_loss=[VIEW])
        assert view not in self.stage.store.refresh().view_names
        self.stage.store.apply(self.stage.shape.definitions(self._oracle.definition), fill=fill)
        self._oracle.begin_anew()
        if fill:
            self._oracle.rebuild(None, self.stage.clock.now, "none")
        self.stage.prepare()

    def move_clock(self, step: int) -> None:
        """Time goes by, or somebody sets the clock back."""
        self.stage.clock.now += step * SECOND

    def read_history(self, drawn: list[tuple[int | None, int]], known: int | None) -> None:
        """Training rows are made, of any entity rows."""
        shape = self.stage.shape
        nothing = (None,) * shape.parts
        spine = [
            dict(zip(shape.names, nothing if key is None else shape.keys[key], strict=True))
            | {QUERY: from_us(self.subject.start + offset)}
            for key, offset in drawn
        ]
        known_at = None if known is None else self.subject.start + known
        self._expect_history(spine, known_at if shape.created else None)

    def _move(self, step: Step, trouble: PlannedFault | None) -> bool:
        done = self._take(step, trouble)
        now = self.stage.clock.now
        if trouble is not None and (not done or trouble.rerun):
            self._oracle.follow(step, now, done=False)
        if done:
            self._oracle.follow(step, now, done=True)
        return done

    def _take(self, step: Step, trouble: PlannedFault | None) -> bool:
        self.told[1] += 1
        self._sound = False
        return self.stage.take(step, trouble)

    @invariant()
    def online_is_what_the_oracles_say(self) -> None:
        """What is stored is what the ledger promises, and is served with the right statuses."""
        stage, definition = self.stage, self._oracle.definition
        stage.store.refresh()
        stored = stage.stored_rows(definition)
        problem = self._oracle.explain(stored)
        assert problem is None, problem
        problem = explain_serving(stage.store, stage.clock, stage.shape, definition, stored)
        assert problem is None, problem
        keys = {name: [row[name] for row in stored] for name in stage.shape.names}
        with stage.clock:
            values = stage.reader.read(keys).to_dict()["v"]
        assert values == [row["v"] for row in stored], "a reader that was prepared before agrees"
        self._sound = True

    @precondition(lambda self: self._changed)
    @invariant()
    def history_is_what_the_oracle_says(self) -> None:
        """Training rows of all keys, at the ends of every time to live, are right."""
        instants = sorted({row.event for row in self._oracle.rows})
        ttl = self._oracle.definition.ttl or 1
        spine = [
            dict(zip(self.stage.shape.names, key, strict=True)) | {QUERY: from_us(instant)}
            for key in self.stage.shape.keys
            for instant in dict.fromkeys([*instants, *(instant + ttl for instant in instants)])
        ]
        self._expect_history(spine, None)
        self._changed = False

    def _expect_history(self, spine: list[dict[str, Any]], known_at: int | None) -> None:
        problem = explain_history(self.stage.store, self._oracle, spine, known_at)
        assert problem is None, problem

    def _nothing_is_left_over(self) -> None:
        """Rebuild once more and wait: then no table, ledger or announcement of before is there."""
        if not self._fills:
            return
        self.rebuild(None, "keep", None)
        self.online_is_what_the_oracles_say()
        self.move_clock(_UNTIL_DROPPED)
        self._move(Incremental(self.stage.clock.now), None)
        self.apply(self._oracle.definition, None)
        self.online_is_what_the_oracles_say()
        left = self.stage.left_over()
        assert not left, f"left over: {left}"

    def teardown(self) -> None:
        """Move once more what is not yet online, which mends all that went wrong; clean up."""
        if self._sound:
            self._move(Incremental(self.stage.clock.now), None)
            self.online_is_what_the_oracles_say()
            self._nothing_is_left_over()
        if self._stage is not None:
            self._stage.clear()
