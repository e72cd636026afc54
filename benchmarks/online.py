"""Online reads with a prepared plan, against bare SQLite and against Feast."""

from __future__ import annotations

import random
import sqlite3
import statistics
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import feast_side
from benchmarks.figures import Figure, in_turns, microseconds, ratio
from benchmarks.materialize import only_table
from benchmarks.repository import REFERENCES, open_store
from benchmarks.rows import write_entities
from benchmarks.sizes import Sizes

AIMS = {1: 25e-6, 100: 8e-6}
"""Seconds for each entity, by the number of entities of one read."""

Reader = Callable[[list[list[dict[str, int]]]], object]


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Read one entity and a hundred at a time, each time other ones."""
    file = directory / "entities.parquet"
    write_entities(file, sizes.served)
    with open_store(directory / "store", file) as store:
        store.materialize_incremental(datetime.now(UTC))
        prepared = store.prepare(REFERENCES)
        readers: dict[str, Reader] = {
            "ours": lambda reads: [prepared.read(rows).to_dict() for rows in reads]
        }
        with _bare(directory / "store" / "online.db", readers), _feast(directory, feast, readers):
            return [f for batch in AIMS for f in _figures(batch, readers, sizes)]


def _figures(batch: int, readers: dict[str, Reader], sizes: Sizes) -> list[Figure]:
    choose = random.Random(batch)
    reads = [
        [{"driver_id": choose.randrange(sizes.served)} for _ in range(batch)]
        for _ in range(max(1, sizes.reads // batch) * 5)
    ]
    works = [lambda read=read: read(reads) for read in readers.values()]
    own, *others = in_turns(*works, rounds=sizes.rounds)
    count = len(reads) * batch
    each, aim = statistics.median(own) / count, AIMS[batch]
    figures: list[Figure] = []
    for name, seconds in zip(list(readers)[1:], others, strict=True):
        base = f"{microseconds(statistics.median(seconds) / count)} ({name})"
        goal = (f"≤ {aim * 1e6:.0f} µs", each <= aim) if not figures else ("", None)
        what = f"online read, {batch} at a time, each"
        figures.append(Figure(what, microseconds(each), base, ratio(own, seconds), *goal))
    return figures


@contextmanager
def _bare(database: Path, readers: dict[str, Reader]) -> Iterator[None]:
    """Add what selects the same rows by their keys, and decodes nothing."""
    with closing(sqlite3.connect(database)) as connection:
        table = only_table(connection)
        keys = [key for (key,) in connection.execute(f'SELECT key FROM "{table}"')]
        prepared: dict[int, list[list[bytes]]] = {}

        def read(reads: list[list[dict[str, int]]]) -> list[Any]:
            batch = len(reads[0])
            if batch not in prepared:
                prepared[batch] = [random.choices(keys, k=batch) for _ in reads]
            marks = ", ".join("?" * batch)
            query = f'SELECT key, event_ts, created_ts, value FROM "{table}" WHERE key IN ({marks})'
            return [connection.execute(query, part).fetchall() for part in prepared[batch]]

        readers["bare SQLite"] = read
        yield


@contextmanager
def _feast(directory: Path, wanted: bool, readers: dict[str, Reader]) -> Iterator[None]:
    """Add Feast's reads of the same entities, if they are wanted."""
    if not wanted:
        yield
        return
    with feast_side.worker() as worker:
        worker.ask("open", directory=directory, file="entities.parquet", created="")
        worker.ask("materialize")
        kept: list[int] = []

        def read(reads: list[list[dict[str, int]]]) -> None:
            if kept != [len(reads[0])]:
                kept[:] = [len(reads[0])]
                worker.ask("keep_reads", reads=reads)
            worker.ask("read")

        readers["feast"] = read
        yield
