"""A join larger than its memory limit, from Parquet to Parquet, each in a new process."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.figures import Figure
from benchmarks.hand_written import TIES_APART_STREAMED
from benchmarks.process import answer, peak_memory_mb
from benchmarks.repository import REFERENCES, open_store
from benchmarks.rows import write_features, write_spine
from benchmarks.sizes import Sizes

LIMIT_MB = 3_000


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Join with our defaults, and by hand with the same memory limit; answers are compared."""
    entities = max(1, sizes.large_features // 100)
    write_features(directory / "features.parquet", entities, sizes.large_features // entities)
    write_spine(directory / "spine.parquet", entities, sizes.large_spine)
    ours, hand = (
        answer("-m", "benchmarks.large_join", str(directory), who) for who in ("ours", "hand")
    )
    _compare(directory, sizes)
    what = f"join {sizes.large_spine:,} × {sizes.large_features:,} to Parquet"
    memory, hand_memory = ours["memory_mb"], hand["memory_mb"]
    return [
        Figure(
            f"{what}: peak memory",
            f"{memory:,.0f} MB",
            f"{hand_memory:,.0f} MB (SQL by hand)",
            memory / hand_memory,
            f"≤ {LIMIT_MB:,} MB",
            memory <= LIMIT_MB,
        ),
        Figure(
            f"{what}: time",
            f"{ours['seconds']:.1f} s",
            f"{hand['seconds']:.1f} s (SQL by hand)",
            ours["seconds"] / hand["seconds"],
        ),
    ]


def _compare(directory: Path, sizes: Sizes) -> None:
    """Compare the answers: the number of rows, and each row at its place by its hash."""
    answers = []
    with duckdb.connect() as connection:
        for who in ("ours", "hand"):
            file = f"read_parquet('{directory / who}.parquet', file_row_number = true)"
            query = f"SELECT count(*), sum(hash(r) % 1000003) FROM {file} r"
            answers.append(connection.execute(query).fetchall())
    if answers[0] != answers[1] or answers[0][0][0] != sizes.large_spine:
        raise SystemExit(f"the large join differs from the hand-written form: {answers}")


def by_hand(directory: Path) -> None:
    """Write the hand-written form's answer, with the memory limit of our store's default."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET memory_limit = '1GB'")
        connection.execute(f"SET temp_directory = '{directory / 'spill'}'")
        for name in ("features", "spine"):
            file = directory / f"{name}.parquet"
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{file}')")
        target = directory / "hand.parquet"
        connection.execute(f"COPY ({TIES_APART_STREAMED}) TO '{target}' (FORMAT parquet)")


def ours(directory: Path) -> None:
    """Write our answer, with the defaults."""
    with open_store(directory / "store", directory / "features.parquet", "created") as store:
        job = store.get_historical_features(directory / "spine.parquet", REFERENCES)
        job.to_parquet(directory / "ours.parquet")


def work(directory: Path, who: str) -> dict[str, Any]:
    """Join in this process and return the seconds and the peak memory."""
    start = time.perf_counter()
    {"ours": ours, "hand": by_hand}[who](directory)
    return {"seconds": time.perf_counter() - start, "memory_mb": peak_memory_mb()}


if __name__ == "__main__":
    print(json.dumps(work(Path(sys.argv[1]), sys.argv[2])))
