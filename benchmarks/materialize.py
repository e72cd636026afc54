"""Moving rows online, against bare SQLite writing the same bytes."""

from __future__ import annotations

import json
import sqlite3
import statistics
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figure, ratio
from benchmarks.process import answer, peak_memory_mb
from benchmarks.repository import open_store
from benchmarks.rows import write_entities
from benchmarks.sizes import Sizes

BATCH = 50_000
LIMIT_MB = 1_000


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Materialize in new processes, in turns with bare SQLite in new processes."""
    count, file = sizes.materialized, directory / "entities.parquet"
    write_entities(file, count)
    ours, bare = [], []
    for turn in range(sizes.long_rounds):
        home = str(directory / f"store-{turn}")
        ours.append(answer("-m", "benchmarks.materialize", "ours", home, str(file)))
        bare.append(answer("-m", "benchmarks.materialize", "bare", home))
    own, base = ([found["seconds"] for found in founds] for founds in (ours, bare))
    memory, rate = max(found["memory_mb"] for found in ours), count / statistics.median(own)
    what = f"materialize {count:,} entities × 10"
    against = f"{count / statistics.median(base):,.0f}/s (bare SQLite)"
    return [
        Figure(what, f"{rate:,.0f}/s", against, ratio(own, base), "≥ 100,000/s", rate >= 100_000),
        Figure(
            f"{what}: peak memory",
            f"{memory:,.0f} MB",
            f"{LIMIT_MB:,} MB (what is allowed)",
            memory / LIMIT_MB,
            f"≤ {LIMIT_MB:,} MB",
            memory <= LIMIT_MB,
        ),
    ]


def bare(home: Path) -> float:
    """Return how long SQLite takes to insert the rows that were materialized.

    They come in the order of their keys, in which SQLite writes fastest.
    """
    with closing(sqlite3.connect(home / "online.db")) as source:
        rows = source.execute(f'SELECT * FROM "{only_table(source)}" ORDER BY key').fetchall()
    with closing(sqlite3.connect(home / "bare.db", isolation_level=None)) as target:
        target.execute("PRAGMA journal_mode = WAL")
        target.execute("PRAGMA synchronous = NORMAL")
        target.execute(
            "CREATE TABLE t (key BLOB PRIMARY KEY, e INT, c INT, value BLOB) WITHOUT ROWID"
        )
        start = time.perf_counter()
        for part in range(0, len(rows), BATCH):
            target.execute("BEGIN IMMEDIATE")
            target.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows[part : part + BATCH])
            target.execute("COMMIT")
        return time.perf_counter() - start


def only_table(connection: sqlite3.Connection) -> str:
    """Return the name of the one table of a database."""
    ((name,),) = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return str(name)


def ours(home: Path, file: Path) -> float:
    """Return how long it takes to materialize a file."""
    with open_store(home, file) as store:
        start = time.perf_counter()
        store.materialize_incremental(datetime.now(UTC))
        return time.perf_counter() - start


if __name__ == "__main__":
    who, *paths = sys.argv[1:]
    seconds = ours(*map(Path, paths)) if who == "ours" else bare(Path(paths[0]))
    print(json.dumps({"seconds": seconds, "memory_mb": peak_memory_mb()}))
