"""The join's SQL for Redshift against the range join written after Feast 0.67, on PostgreSQL.

Both are translated by sqlglot and run on the same tables, queries alone; the answers are compared.
Ours is measured with half of the rows too: the work has to grow with the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from benchmarks.figures import Figure, timed
from benchmarks.sizes import Sizes
from provender.plugin import Column, HistoricalPlan, SourceRead, ViewJoin
from provender.types import Float64, Int64

RANGE_JOIN = Path(__file__).with_name("redshift_range_join.sql")
TTL_DAYS = 7
_DAY = 86_400_000_000
FASTER, LINEAR = 3.0, 3.0
"""At least so many times as fast; at most so many times as long for twice the rows."""


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Time both forms with all rows, and ours with half of them."""
    import psycopg

    from servers.install import program
    from servers.postgres import postgres_server
    from servers.redshift_functions import create_functions

    if program("postgres") is None:
        print("PostgreSQL is not installed: not measured")
        return []
    rows = sizes.spine
    with (
        postgres_server("work_mem=64MB") as server,
        psycopg.connect(server.url("postgresql"), autocommit=True) as connection,
    ):
        create_functions(connection)
        half, whole = _Case(connection, rows // 2), _Case(connection, rows)
        half_seconds, seconds = half.best_of(2), whole.best_of(2)
        baseline = whole.range_join()
    what = f"Redshift's SQL, join {rows:,} × {rows:,}"
    ratio, growth = seconds / baseline, seconds / half_seconds
    ours, theirs = f"{seconds:.1f} s", f"{baseline:.1f} s (range join)"
    halved = f"{half_seconds:.1f} s (half of them)"
    return [
        Figure(what, ours, theirs, ratio, f"≤ {1 / FASTER:.2f}", ratio <= 1 / FASTER),
        Figure(f"{what}: twice the rows", ours, halved, growth, f"≤ {LINEAR}", growth <= LINEAR),
    ]


@dataclass
class _Case:
    """Both forms of one join of `rows` entity rows with `rows` feature rows."""

    connection: Any
    rows: int

    def __post_init__(self) -> None:
        self.features, self.spine = f"features_{self.rows}", f"spine_{self.rows}"
        entities = max(1, self.rows // 100)
        first = "TIMESTAMPTZ '2024-01-01 00:00:00+00'"
        run = self.connection.execute
        run("SELECT setseed(0.25)")
        run(
            f"CREATE TABLE {self.features} AS SELECT n % {entities} AS entity, "
            f"(n % 1024)::float8 AS value, {first} + n / {entities} * INTERVAL '1 day' "
            f"AS event_timestamp, {first} + n / {entities} * INTERVAL '1 day' "
            f"+ INTERVAL '1 minute' AS created_timestamp "
            f"FROM generate_series(0, {self.rows - 1}::bigint) AS n"
        )
        run(
            f"CREATE TABLE {self.spine} AS SELECT n AS __order, "
            f"floor(random() * {entities})::bigint AS entity, "
            f"{first} + random() * INTERVAL '100 days' AS event_timestamp "
            f"FROM generate_series(0, {self.rows - 1}::bigint) AS n"
        )
        run(f"ANALYZE {self.features}")
        run(f"ANALYZE {self.spine}")

    def best_of(self, rounds: int) -> float:
        """Return the seconds of our query; those of its quickest run."""
        text = self._ours()
        return min(timed(lambda: self._summed(text)) for _ in range(rounds))

    def range_join(self) -> float:
        """Return the seconds of the range join; its answer has to be ours."""
        text = RANGE_JOIN.read_text().format(
            spine=self.spine, features=self.features, ttl=TTL_DAYS * 86_400
        )
        answers: list[Any] = []
        seconds = timed(lambda: answers.append(self._summed(text)))
        answers.append(self._summed(self._ours()))
        if answers[0] != answers[1]:
            raise SystemExit(f"the range join answers otherwise: {answers}")
        return seconds

    def _summed(self, text: str) -> Any:
        """Run a query and return the number of its rows, of its values, and their sum."""
        from servers.redshift_sql import translated

        found = f"SELECT COUNT(*), COUNT(value), SUM(value) FROM ({text}) AS answer"
        return self.connection.execute(translated(found)[0]).fetchone()

    def _ours(self) -> str:
        from sqlglot import exp

        from provender.plugin.sql import SpineFacts, UnionJoin
        from provender.plugin.sql.names import ORDER
        from provender_aws import RedshiftSource
        from provender_aws.redshift_rows import RedshiftRows, comparable
        from provender_aws.redshift_sql import instant, table_of

        zoned = pa.timestamp("us", "UTC")
        stamps = [("event_timestamp", zoned), ("created_timestamp", zoned)]
        stored = pa.schema([("entity", pa.int64()), ("value", pa.float64()), *stamps])
        source = RedshiftSource(table=self.features, timestamp_field="event_timestamp")
        keys, values = (Column("entity", "entity", Int64),), (Column("value", "value", Float64),)
        read = SourceRead(source, keys, values, "event_timestamp", "created_timestamp")
        rows = RedshiftRows(read, table_of(source), stored, instant, comparable)
        names = ("entity", "event_timestamp")
        join = ViewJoin("view", read, ("entity",), ("value",), TTL_DAYS * _DAY)
        plan = HistoricalPlan("event_timestamp", names, (join,), None, {"entity": Int64})
        facts = SpineFacts(stored.remove(1), {name: name for name in names}, self.rows, order=ORDER)
        spine = exp.to_table(self.spine)
        planned = UnionJoin(plan, spine, facts, [rows], instant, comparable, ordered=False)
        return planned.query().sql("redshift")
