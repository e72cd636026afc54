"""Moving rows online, against bare SQLite writing the same bytes."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figure, peak_mb, python
from benchmarks.repository import open_store
from benchmarks.rows import write_entities
from benchmarks.sizes import Sizes


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Materialize in a new process, whose peak memory is measured."""
    count = sizes.online_entities
    write_entities(directory / "entities.parquet", count)
    found = json.loads(python("-m", "benchmarks.materialize", str(directory)).splitlines()[-1])
    bare = _bare_sqlite(directory)
    what = f"materialize {count:,} entities × 10"
    rate, base = f"{count / found['seconds']:,.0f}/s", f"{count / bare:,.0f}/s (bare SQLite)"
    return [
        Figure(what, rate, base, found["seconds"] / bare, "≥ 100,000/s"),
        Figure(what, f"{found['rss_mb']:.0f} MB", "", found["rss_mb"] / 1000, "≤ 1000 MB"),
    ]


def _bare_sqlite(directory: Path) -> float:
    """Return how long SQLite takes to write the very rows that were materialized."""
    source = sqlite3.connect(directory / "online.db")
    (table,) = source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchone()
    rows = source.execute(f'SELECT * FROM "{table}"').fetchall()
    source.close()
    target = sqlite3.connect(directory / "bare.db", isolation_level=None)
    target.execute("PRAGMA journal_mode = WAL")
    target.execute("PRAGMA synchronous = NORMAL")
    target.execute("CREATE TABLE t (key BLOB PRIMARY KEY, e INT, c INT, value BLOB) WITHOUT ROWID")
    start = time.perf_counter()
    for part in range(0, len(rows), 50_000):
        target.execute("BEGIN IMMEDIATE")
        target.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", rows[part : part + 50_000])
        target.execute("COMMIT")
    seconds = time.perf_counter() - start
    target.close()
    return seconds


def work(directory: Path) -> None:
    """Materialize in this process and print the seconds and the peak memory."""
    with open_store(directory, "entities.parquet") as store:
        start = time.perf_counter()
        store.materialize_incremental(datetime.now(UTC))
        seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "rss_mb": peak_mb()}))


if __name__ == "__main__":
    work(Path(sys.argv[1]))
