"""Online reads with a prepared plan, against bare SQLite and against Feast."""

from __future__ import annotations

import random
import sqlite3
import statistics
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import feast_side
from benchmarks.figures import Figure, in_turns, microseconds, ratio
from benchmarks.repository import open_store
from benchmarks.rows import FEATURES, write_entities
from benchmarks.sizes import Sizes

_AIMS = {1: "≤ 25 µs", 100: "≤ 8 µs"}


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Read one entity and a hundred at a time."""
    write_entities(directory / "entities.parquet", sizes.online_entities)
    theirs = (
        feast_side.run(
            "online", directory, entities=sizes.online_entities, reads=min(sizes.reads, 200)
        )
        if feast
        else {}
    )
    figures = []
    with open_store(directory, "entities.parquet") as store:
        store.materialize_incremental(datetime.now(UTC))
        reader = store.prepare([f"v:{name}" for name in FEATURES])
        for batch, aim in _AIMS.items():
            rows = [
                [{"driver_id": random.randrange(sizes.online_entities)} for _ in range(batch)]
                for _ in range(sizes.reads)
            ]
            own, bare = in_turns(
                lambda rows=rows: [reader.read(r).to_dict() for r in rows],
                _bare_reader(directory, batch, sizes.reads),
                rounds=sizes.rounds,
            )
            each = statistics.median(own) / sizes.reads / batch
            base = statistics.median(bare) / sizes.reads / batch
            what = f"online read, {batch} at a time, each"
            figures.append(
                Figure(
                    what,
                    microseconds(each),
                    f"{microseconds(base)} (bare SQLite)",
                    ratio(own, bare),
                    aim,
                )
            )
            if theirs:
                seconds = theirs[str(batch)]
                figures.append(
                    Figure(
                        what,
                        microseconds(each),
                        f"{microseconds(seconds)} (feast)",
                        each / seconds,
                        "",
                    )
                )
    return figures


def _bare_reader(directory: Path, batch: int, reads: int) -> Callable[[], Any]:
    """Return what selects random rows by their keys, and decodes nothing."""
    connection = sqlite3.connect(directory / "online.db")
    (table,) = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchone()
    keys = [key for (key,) in connection.execute(f'SELECT key FROM "{table}"')]
    marks = ", ".join("?" * batch)
    query = f'SELECT key, event_ts, created_ts, value FROM "{table}" WHERE key IN ({marks})'
    wanted = [[random.choice(keys) for _ in range(batch)] for _ in range(reads)]
    return lambda: [connection.execute(query, part).fetchall() for part in wanted]
