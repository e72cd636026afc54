"""The point-in-time join against hand-written SQL, and against Feast."""

from __future__ import annotations

import statistics
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import feast_side
from benchmarks.figures import Figure, in_turns, milliseconds, ratio
from benchmarks.hand_written import FORMS
from benchmarks.repository import open_store
from benchmarks.rows import FEATURES, write_features, write_spine
from benchmarks.sizes import Sizes


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Join the spine, in turns with the hand-written forms; the answers are compared."""
    write_features(directory / "features.parquet", sizes.entities, sizes.rows_per_entity)
    write_spine(directory / "spine.parquet", sizes.entities, sizes.spine)
    spine = pq.read_table(directory / "spine.parquet")
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("spine", spine)
    file = str(directory / "features.parquet")
    connection.execute(f"CREATE VIEW features AS SELECT * FROM read_parquet('{file}')")
    with open_store(directory, "features.parquet", "created") as store:

        def ours() -> pa.Table:
            references = [f"v:{name}" for name in FEATURES]
            return store.get_historical_features(spine, references).to_arrow()

        def form(sql: str) -> pa.Table:
            return connection.sql(sql).to_arrow_table()

        for name, sql in FORMS.items():
            if not form(sql).equals(ours()):
                raise SystemExit(f"the join differs from the hand-written form {name!r}")
        works = [ours, *(lambda sql=sql: form(sql) for sql in FORMS.values())]
        own, *theirs = in_turns(*works, rounds=sizes.rounds)
    best = min(theirs, key=statistics.median)
    what = f"join {sizes.spine:,} × {sizes.entities * sizes.rows_per_entity:,} rows"
    figures = [
        Figure(
            what,
            milliseconds(own),
            f"{milliseconds(best)} (best SQL by hand)",
            ratio(own, best),
            "≤ 1.3",
        )
    ]
    if feast:
        found = feast_side.run("join", directory)
        seconds = [found["seconds"]] * len(own)
        figures.append(
            Figure(
                what,
                milliseconds(own),
                f"{milliseconds(seconds)} (feast)",
                ratio(own, seconds),
                "≤ 0.1",
            )
        )
    return figures
