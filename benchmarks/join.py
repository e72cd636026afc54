"""The point-in-time join against hand-written SQL, and against Feast."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import feast_side
from benchmarks.figures import Figure, in_turns, milliseconds, ratio
from benchmarks.hand_written import FORMS
from benchmarks.repository import REFERENCES, open_store
from benchmarks.rows import write_features, write_spine
from benchmarks.sizes import Sizes

Join = Callable[[], pa.Table]


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Join the spine, in turns with the hand-written forms; the answers are compared."""
    features, spine = directory / "features.parquet", directory / "spine.parquet"
    write_features(features, sizes.entities, sizes.rows_per_entity)
    write_spine(spine, sizes.entities, sizes.spine)
    rows = pq.read_table(spine)
    what = f"join {sizes.spine:,} × {sizes.entities * sizes.rows_per_entity:,} rows"
    with open_store(directory / "store", features, "created") as store:

        def ours() -> pa.Table:
            return store.get_historical_features(rows, REFERENCES).to_arrow()

        figures = [_against_hand_written(what, ours, rows, features, sizes)]
        if feast:
            figures.append(_against_feast(what, ours, directory, sizes))
    return figures


def _against_hand_written(
    what: str, ours: Join, spine: pa.Table, features: Path, sizes: Sizes
) -> Figure:
    with closing(duckdb.connect()) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("spine", spine)
        connection.execute(
            "CREATE VIEW features AS SELECT *, file_row_number "
            f"FROM read_parquet('{features}', file_row_number = true)"
        )

        def run(sql: str) -> pa.Table:
            return connection.sql(sql).to_arrow_table()

        expected = ours()
        for name, sql in FORMS.items():
            if not run(sql).equals(expected):
                raise SystemExit(f"the join differs from the hand-written form {name!r}")
        own, *theirs = in_turns(
            ours, *(partial(run, sql) for sql in FORMS.values()), rounds=sizes.rounds
        )
    for name, seconds in zip(FORMS, theirs, strict=True):
        print(f"    {name}: {ratio(seconds, own):.2f} × ours")
    best = min(theirs, key=lambda seconds: ratio(seconds, own))
    against = ratio(own, best)
    base = f"{milliseconds(best)} (best SQL by hand)"
    return Figure(what, milliseconds(own), base, against, "≤ 1.3 ×", against <= 1.3)


def _against_feast(what: str, ours: Join, directory: Path, sizes: Sizes) -> Figure:
    with feast_side.worker() as worker:
        worker.ask("open", directory=directory, file="features.parquet", created="created")
        worker.ask("keep_spine", file=directory / "spine.parquet")

        def join() -> None:
            joined = worker.ask("join")
            if joined != sizes.spine:
                print(f"    feast returned {joined:,} of {sizes.spine:,} rows")

        own, theirs = in_turns(ours, join, rounds=sizes.long_rounds)
    against = ratio(own, theirs)
    base = f"{milliseconds(theirs)} (feast)"
    return Figure(what, milliseconds(own), base, against, "≤ 0.1 ×", against <= 0.1)
