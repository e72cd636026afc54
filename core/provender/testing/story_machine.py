"""`StoryMachine`: random stories of one feature view, held against the oracle after each step.

Rows are appended and come late, runs move them, the view changes, the clock moves, and at any
call of a store there may be trouble: it fails, its answer is lost, it is half done, done twice,
or the process is killed. Needs hypothesis: ``pip install 'provender[testing]'``.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from provender.clock import from_us
from provender.errors import ProvenderError
from provender.store import FeatureStore
from provender.testing.faulty_stores import FaultyStores
from provender.testing.story_child import order
from provender.testing.story_crash import CrashSite
from provender.testing.story_oracle import QUERY, StoryOracle
from provender.testing.story_shape import VIEW, Definition, StoryRow, StoryShape, StorySubject
from provender.testing.story_steps import (
    Append,
    Apply,
    Incremental,
    Materialize,
    Step,
    WriteOnline,
)
from provender.testing.story_strategies import (
    DrawnRow,
    configurations,
    happenings,
)
from provender.testing.story_trouble import Trouble
from provender.testing.story_views import (
    StoryClock,
    explain_history,
    explain_serving,
    source_rows,
    stored_rows,
)


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
        self._root = Path(tempfile.mkdtemp(prefix="provender-story-"))
        self._serial = 0
        self._changed = False
        self._sound = False

    @initialize(settings=configurations())
    def begin(self, settings: dict[str, Any]) -> None:
        """Open a project with one row in its source, and register the view."""
        self.told[0] += 1
        self._configure(settings)
        self._clock = StoryClock(self.subject.start + settings["now"])
        source = self.subject.source(self._project, "created" if settings["created"] else None)
        self._shape = StoryShape(source, settings["parts"], settings["lookback"])
        self._definition = settings["definition"]
        self._oracle = StoryOracle(self._shape, self._definition)
        self._store = self._open()
        oldest = DrawnRow(0, -90_000_000, "now", None, None)
        first = self._rows([oldest, *settings["drawn"]])
        Append(first).run(self._store, self._shape)
        self._oracle.rows += first
        Apply(self._definition.features, self._definition.ttl).run(self._store, self._shape)
        self._reader = self._store.prepare([f"{VIEW}:v"])

    @property
    def _project(self) -> str:
        return self._root.name.replace("-", "_")

    def _configure(self, settings: dict[str, Any]) -> None:
        materialization = {
            "lookback": f"{settings['lookback'] // 1_000_000}s",
            "batch_rows": settings["batch_rows"],
        }
        config = {"project": self._project, **self.subject.config}
        text = json.dumps({**config, "materialization": materialization})
        (self._root / "feature_store.yaml").write_text(text)

    def _open(self) -> FeatureStore:
        self._faults = FaultyStores()
        return self._faults.around(FeatureStore(self._root, clock=self._clock))

    def _rows(self, drawn: list[DrawnRow]) -> tuple[StoryRow, ...]:
        """Return rows with serial numbers, which tell them apart, at instants of this story."""
        rows = []
        for row in drawn:
            self._serial += 1
            rows.append(row.at(self._shape.keys, self.subject.start, self._clock.now, self._serial))
        return tuple(rows)

    @rule(what=happenings())
    def happens(self, what: tuple[str, dict[str, Any]]) -> None:
        """One of the following happens.

        It is one rule, since hypothesis would leave most of several rules out of most stories,
        and it takes the mixture to lose something.
        """
        name, arguments = what
        getattr(self, name)(**arguments)

    def append(self, drawn: list[DrawnRow], trouble: Trouble | None) -> None:
        """Rows are added to the source: new ones, late ones, ties, null keys."""
        step = Append(self._rows(drawn))
        done = self._take(step, trouble)
        came = [row.v for row in self._oracle.rows]
        if not done:
            came = source_rows(self._store, self._oracle)
        arrived = done or len(came) > len(self._oracle.rows)
        self._oracle.rows += step.rows if arrived else ()
        if not done:
            assert came == sorted(row.v for row in self._oracle.rows), "an append is whole"
        self._changed = True

    def materialize_incremental(self, end: int, trouble: Trouble | None) -> None:
        """What is not yet online is moved."""
        self._move(Incremental(self.subject.start + end), trouble)

    def materialize(self, ends: tuple[int, int], trouble: Trouble | None) -> None:
        """The rows between two instants are moved."""
        start, end = (self.subject.start + offset for offset in sorted(ends))
        self._move(Materialize(min(start, self._clock.now), end), trouble)

    def write_online(self, drawn: list[DrawnRow], trouble: Trouble | None) -> None:
        """Rows are written straight into the online store."""
        self._move(WriteOnline(self._rows(drawn)), trouble)

    def apply(self, definition: Definition, trouble: Trouble | None) -> None:
        """The view gets or loses features, or lives for another time."""
        done = self._take(Apply(definition.features, definition.ttl), trouble)
        found = self._store.get_feature_view(VIEW)
        now = Definition(tuple(field.name for field in found.schema), found.ttl_us)
        allowed = [definition] if done else [definition, self._oracle.definition]
        assert now in allowed, f"registered is {now}, allowed are {allowed}"
        self._changed = self._changed or now != self._oracle.definition
        self._oracle.change(now)

    def move_clock(self, step: int) -> None:
        """Time goes by, or somebody sets the clock back."""
        self._clock.now += step * 1_000_000

    def read_history(self, drawn: list[tuple[int | None, int]], known: int | None) -> None:
        """Training rows are made, of any entity rows."""
        keys = self._shape.keys
        nothing = (None,) * self._shape.parts
        spine = [
            dict(zip(self._shape.names, nothing if key is None else keys[key], strict=True))
            | {QUERY: from_us(self.subject.start + offset)}
            for key, offset in drawn
        ]
        known_at = None if known is None else self.subject.start + known
        self._expect_history(spine, known_at if self._shape.created else None)

    def _move(self, step: Step, trouble: Trouble | None) -> None:
        done = self._take(step, trouble)
        if trouble is not None and (not done or trouble.rerun):
            self._oracle.follow(step, self._clock.now, done=False)
        if done:
            self._oracle.follow(step, self._clock.now, done=True)

    def _take(self, step: Step, trouble: Trouble | None) -> bool:
        """Take a step, and once more if the trouble says so; whether it was done at last."""
        self.told[1] += 1
        self._sound = False
        if trouble is None:
            step.run(self._store, self._shape)
            return True
        done = self._die_over(step, trouble) if trouble.deadly else self._try(step, trouble)
        if not done and trouble.rerun and not isinstance(step, Append):
            step.run(self._store, self._shape)
            return True
        return done

    def _try(self, step: Step, trouble: Trouble) -> bool:
        """Take a step with a fault in its way."""
        self._faults.follow(trouble.scripts())
        try:
            step.run(self._store, self._shape)
        except ProvenderError:
            return False
        finally:
            self._faults.follow({})
        return True

    def _die_over(self, step: Step, trouble: Trouble) -> bool:
        """Take a step in a process that is killed; then the store is opened anew."""
        told = order(self._root, self._clock.now, self._shape, step, trouble)
        done = self.crash_site.survives(told)
        if not done:
            self._store.close()
            self._store = self._open()
            self._reader = self._store.prepare([f"{VIEW}:v"])
        return done

    @invariant()
    def online_is_what_the_oracles_say(self) -> None:
        """What is stored is what the ledger promises, and is served with the right statuses."""
        definition = self._oracle.definition
        self._store.refresh()
        stored = stored_rows(self._store, self._clock, self._shape, definition)
        problem = self._oracle.explain(stored)
        assert problem is None, problem
        problem = explain_serving(self._store, self._clock, self._shape, definition, stored)
        assert problem is None, problem
        keys = {n: [row[n] for row in stored] for n in self._shape.names}
        with self._clock:
            values = self._reader.read(keys).to_dict()["v"]
        assert values == [row["v"] for row in stored], "a reader that was prepared before agrees"
        self._sound = True

    @precondition(lambda self: self._changed)
    @invariant()
    def history_is_what_the_oracle_says(self) -> None:
        """Training rows of all keys, at the ends of every time to live, are right."""
        instants = sorted({row.event for row in self._oracle.rows})
        ttl = self._oracle.definition.ttl or 1
        spine = [
            dict(zip(self._shape.names, key, strict=True)) | {QUERY: from_us(instant)}
            for key in self._shape.keys
            for instant in dict.fromkeys([*instants, *(instant + ttl for instant in instants)])
        ]
        self._expect_history(spine, None)
        self._changed = False

    def _expect_history(self, spine: list[dict[str, Any]], known_at: int | None) -> None:
        problem = explain_history(self._store, self._oracle, spine, known_at)
        assert problem is None, problem

    def teardown(self) -> None:
        """Move once more what is not yet online, which mends all that went wrong; clean up."""
        if self._sound:
            self._move(Incremental(self._clock.now), None)
            self.online_is_what_the_oracles_say()
        if hasattr(self, "_store"):
            self._store.teardown()
            self._store.close()
        shutil.rmtree(self._root)
