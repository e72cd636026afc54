"""Random stories of late rows, runs and new features, held against the oracle of the ledger."""

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provender import Entity, FeatureStore, FeatureView, Field, FileSource
from provender.clock import from_us
from provender.plugin import Column, SourceRead
from provender.testing.oracle import LedgerOracle, table_of
from provender.types import Int64, UnixTimestamp

SECOND = 1_000_000
START = 1_704_110_400_000_000
KEYS = [1, 2, 3]
SCHEMA = pa.schema(
    [(name, kind.arrow()) for name, kind in (("k", Int64), ("v", Int64), ("more", Int64))]
    + [(name, UnixTimestamp.arrow()) for name in ("event", "created")]
)
YAML = """\
project: story
provider: local
materialization: {{lookback: {lookback}s}}
"""


@dataclass
class Append:
    """New rows, of (key, event in seconds); all are created now."""

    rows: list[tuple[int | None, int]]


@dataclass
class Materialize:
    start: int
    end: int


@dataclass
class Incremental:
    end: int


@dataclass
class AddFeature:
    """The view gets a feature; what was moved without it has to be moved again."""


@dataclass
class Story:
    """One project in a directory, and the oracle that follows it."""

    root: Path
    ttl: int | None
    created: bool
    lookback: int
    rows: list[dict] = field(default_factory=list)
    now: datetime = datetime(2100, 1, 1, tzinfo=UTC)
    files: int = 0

    def __post_init__(self):
        (self.root / "rows").mkdir()
        (self.root / "feature_store.yaml").write_text(YAML.format(lookback=self.lookback))
        self.source = FileSource(
            "rows",
            timestamp_field="event",
            created_timestamp_column="created" if self.created else None,
        )
        features = (Column("v", "v", Int64),)
        created = "created" if self.created else None
        read = SourceRead(self.source, (Column("k", "k", Int64),), features, "event", created)
        ttl = None if self.ttl is None else self.ttl * SECOND
        self.oracle = LedgerOracle(read, ttl, self.lookback * SECOND)
        self.store = FeatureStore(self.root, clock=lambda: self.now)
        self.append([(9, -100)])
        self.apply(["v"])

    def apply(self, features):
        entity = Entity("k", join_keys=["k"])
        ttl = None if self.ttl is None else timedelta(seconds=self.ttl)
        fields = [Field("k", Int64), *(Field(name, Int64) for name in features)]
        view = FeatureView("view", source=self.source, schema=fields, entities=[entity], ttl=ttl)
        self.store.apply([entity, view])

    def append(self, rows):
        self.files += 1
        stamp = from_us(START + self.files * SECOND)
        new = [
            {"k": key, "v": self.files * 100 + n, "more": n, "event": at(event), "created": stamp}
            for n, (key, event) in enumerate(rows)
        ]
        self.rows += new
        pq.write_table(table_of(new, SCHEMA), self.root / "rows" / f"{self.files}.parquet")

    def run(self, step):
        if isinstance(step, Append):
            self.append(step.rows)
        elif isinstance(step, Materialize):
            self.store.materialize(at(step.start), at(step.end))
            self.oracle.materialize(self.rows, us(step.start), us(step.end))
        elif isinstance(step, Incremental):
            self.store.materialize_incremental(at(step.end))
            self.oracle.materialize_incremental(self.rows, us(step.end))
        else:
            self.apply(["v", "more"])
            self.oracle.forget_coverage()

    def online(self):
        """Read at an instant before all events, so that no ttl hides what is stored."""
        self.now = datetime(1970, 1, 1, tzinfo=UTC)
        answer = self.store.get_online_features(["view:v"], {"k": [*KEYS, 9]})
        found = answer.to_dict(include_event_timestamps=True)
        self.now = datetime(2100, 1, 1, tzinfo=UTC)
        return [
            {"k": key, "v": value, "__event_timestamp": event}
            for key, value, event in zip(found["k"], found["v"], found["v__ts"], strict=True)
            if event is not None
        ]


def us(seconds):
    return START + seconds * SECOND


def at(seconds):
    return from_us(us(seconds))


SECONDS = st.integers(0, 20)
STEPS = st.one_of(
    st.lists(st.tuples(st.sampled_from([*KEYS, None]), SECONDS), max_size=5).map(Append),
    st.tuples(SECONDS, SECONDS).map(lambda ends: Materialize(min(ends), max(ends))),
    SECONDS.map(Incremental),
    st.just(AddFeature()),
)
LATE = [Append([(1, 5)]), Incremental(10), Append([(1, 7), (2, 3)]), Incremental(10)]
GAP = [Append([(1, 3), (2, 12)]), Materialize(10, 15), Incremental(20)]
BACK = [Append([(1, 3), (1, 12)]), Materialize(10, 15), Materialize(0, 5)]
GROWN = [Append([(1, 3)]), Incremental(10), AddFeature(), Append([(2, 2)]), Incremental(10)]


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    steps=st.lists(STEPS, min_size=2, max_size=8),
    ttl=st.sampled_from([None, 6]),
    created=st.booleans(),
    lookback=st.sampled_from([0, 4]),
)
@example(LATE, None, True, 0)
@example(LATE, None, False, 4)
@example(GAP, None, False, 0)
@example(BACK, None, True, 0)
@example(GROWN, None, False, 0)
def test_nothing_is_lost_whatever_the_order_of_runs(steps, ttl, created, lookback):
    with tempfile.TemporaryDirectory() as folder:
        story = Story(Path(folder), ttl, created, lookback)
        with story.store:
            for step in steps:
                story.run(step)
                difference = story.oracle.explain(story.online())
                assert difference is None, f"after {step}: {difference}"
