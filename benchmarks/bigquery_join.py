"""The join's SQL for BigQuery against the range join, both on the tests' BigQuery server.

The same tables, the same server, queries alone: nothing is uploaded or read while time is taken.
Both sides are measured at half the size too: the work has to grow with the rows.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from benchmarks.figures import Figure, timed
from benchmarks.sizes import Sizes
from provender.plugin import Column, HistoricalPlan, PluginContext, SourceRead, SqlSpine, ViewJoin
from provender.types import Float64, Int64

if TYPE_CHECKING:
    from provender_gcp.bigquery_store import BigQueryStore

RANGE_JOIN = Path(__file__).with_name("range_join.sql")
TTL_DAYS = 7
_DAY = 86_400_000_000
_FIRST = 1_704_067_200_000_000
FASTER, LINEAR = 3.0, 3.0
"""At least so many times as fast; at most so many times as long for twice the rows."""


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Time both forms with all rows, and ours with half of them; the answers are compared."""
    from servers.install import environment

    if environment("bigquery") is None:
        print("local-bigquery is not installed: not measured")
        return []
    rows = sizes.spine
    with _opened(directory) as (client, store, dataset):
        half = _Case(client, store, dataset, rows // 2)
        whole = _Case(client, store, dataset, rows)
        half_seconds, seconds = half.best_of(2), whole.best_of(2)
        baseline = whole.range_join()
    what = f"BigQuery's SQL, join {rows:,} × {rows:,}"
    ratio, growth = seconds / baseline, seconds / half_seconds
    ours, theirs = f"{seconds:.1f} s", f"{baseline:.1f} s (range join)"
    return [
        Figure(what, ours, theirs, ratio, f"≤ {1 / FASTER:.2f}", ratio <= 1 / FASTER),
        Figure(
            f"{what}: twice the rows",
            ours,
            f"{half_seconds:.1f} s (half of them)",
            growth,
            f"≤ {LINEAR}",
            growth <= LINEAR,
        ),
    ]


@contextmanager
def _opened(directory: Path) -> Iterator[tuple[Any, BigQueryStore, str]]:
    from provender_gcp.bigquery_configuration import BigQueryConfig
    from provender_gcp.bigquery_store import BigQueryStore
    from servers.bigquery import bigquery_client, bigquery_settings

    with bigquery_settings() as settings:
        client = bigquery_client(settings)
        store = BigQueryStore(BigQueryConfig(**settings), PluginContext("bench", directory))
        yield client, store, settings["dataset"]
        store.close()
        client.close()


@dataclass
class _Case:
    """Both forms of one join of `rows` entity rows with `rows` feature rows."""

    client: Any
    store: BigQueryStore
    dataset: str
    rows: int

    def __post_init__(self) -> None:
        self.features = f"{self.client.project}.{self.dataset}.features_{self.rows}"
        self.spine = f"{self.client.project}.{self.dataset}.spine_{self.rows}"
        entities = max(1, self.rows // 100)
        self._store(self.features, _features(entities, self.rows))
        self._store(self.spine, _spine(entities, self.rows))

    def _store(self, name: str, table: pa.Table) -> None:
        from google.cloud.bigquery import Table

        from provender_gcp import BigQuerySource
        from provender_gcp.bigquery_types import table_field

        fields = [table_field(field.name, field.type) for field in table.schema]
        self.client.create_table(Table(name, fields))
        self.store.append(BigQuerySource(table=name), table)

    def best_of(self, rounds: int) -> float:
        """Return the seconds of our query; those of its quickest run."""
        text = self._sql()
        return min(timed(lambda: self.client.query(text).result()) for _ in range(rounds))

    def _sql(self) -> str:
        from provender_gcp import BigQuerySource

        source = BigQuerySource(table=self.features, timestamp_field="event_timestamp")
        keys, values = (Column("entity", "entity", Int64),), (Column("value", "value", Float64),)
        read = SourceRead(source, keys, values, "event_timestamp", "created_timestamp")
        join = ViewJoin("view", read, ("entity",), ("value",), TTL_DAYS * _DAY)
        plan = HistoricalPlan(
            "event_timestamp", ("entity", "event_timestamp"), (join,), None, {"entity": Int64}
        )
        return self.store.sql(plan, SqlSpine(f"SELECT * FROM `{self.spine}`"))

    def range_join(self) -> float:
        """Return the seconds of the range join; its answer has to be ours."""
        ttl = TTL_DAYS * 86_400
        text = RANGE_JOIN.read_text().format(spine=self.spine, features=self.features, ttl=ttl)
        answers: list[list[Any]] = []
        seconds = timed(lambda: answers.append(list(self._summed(text))))
        answers.append(list(self._summed(self._sql())))
        if answers[0] != answers[1]:
            raise SystemExit(f"the range join answers otherwise: {answers}")
        return seconds

    def _summed(self, text: str) -> Any:
        """Run a query and return the number of its rows, of its values, and their sum."""
        job = self.client.query(text)
        job.result()
        name = str(job.destination).replace(":", ".")
        sums = f"SELECT COUNT(*), COUNT(value), SUM(value) FROM `{name}`"
        return (tuple(row.values()) for row in self.client.query(sums).result())


def _features(entities: int, rows: int) -> pa.Table:
    """Return one row per entity and day, created a minute after its event."""
    events = pa.array([_FIRST + n // entities * _DAY for n in range(rows)], pa.int64())
    instant = pa.timestamp("us", "UTC")
    return pa.table(
        {
            "entity": [n % entities for n in range(rows)],
            "value": [float(n % 1024) for n in range(rows)],
            "event_timestamp": events.cast(instant),
            "created_timestamp": pa.array(
                [us + 60_000_000 for us in events.to_pylist()], pa.int64()
            ).cast(instant),
        }
    )


def _spine(entities: int, rows: int) -> pa.Table:
    """Return entity rows at random instants of the hundred days; each row is another one."""
    chance = random.Random(3)
    instants = [_FIRST + chance.randrange(100 * _DAY) for _ in range(rows)]
    return pa.table(
        {
            "entity": [chance.randrange(entities) for _ in range(rows)],
            "event_timestamp": pa.array(instants, pa.int64()).cast(pa.timestamp("us", "UTC")),
        }
    )
