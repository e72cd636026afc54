"""The rows that are measured: features over time, a spine, and one row per entity."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq


def feature_names(count: int) -> list[str]:
    """Return the names of some features."""
    return [f"f{i}" for i in range(count)]


FEATURES = feature_names(10)
INSTANT = pa.timestamp("us", "UTC")
DAY = 86_400_000_000
DAYS = 30
CHUNK = 1_000_000


def first_instant() -> int:
    """Return the first instant of the rows in µs: thirty days ago."""
    return int((datetime.now(UTC) - timedelta(days=DAYS)).timestamp()) * 1_000_000


def write_features(path: Path, entities: int, rows_per_entity: int) -> None:
    """Write rows at random instants in random order, a few with the key and instant of another."""
    rng, start = np.random.default_rng(1), first_instant()

    def chunk(offset: int, count: int) -> pa.Table:
        keys = np.arange(offset, offset + count) % entities
        instants = start + rng.integers(0, DAYS * DAY, count)
        keys[: count // 2 * 2 : 200] = keys[1::200]
        instants[: count // 2 * 2 : 200] = instants[1::200]
        order = rng.permutation(count)
        created = instants[order] + rng.integers(0, DAY, count)
        columns = {
            "driver_id": pa.array(keys[order]),
            "ts": pa.array(instants[order], INSTANT),
            "created": pa.array(created, INSTANT),
        }
        return pa.table(columns | _features(rng, count))

    _write(path, (chunk(*part) for part in _parts(entities * rows_per_entity)))


def write_spine(path: Path, entities: int, count: int) -> None:
    """Write entity rows at random instants; one in a hundred is of an unknown entity."""
    rng, start = np.random.default_rng(2), first_instant()

    def chunk(offset: int, count: int) -> pa.Table:
        instants = start + rng.integers(0, DAYS * DAY, count)
        columns = {
            "event_timestamp": pa.array(instants, INSTANT),
            "driver_id": rng.integers(0, entities + entities // 100 + 1, count),
            "label": rng.integers(0, 2, count),
        }
        return pa.table(columns)

    _write(path, (chunk(*part) for part in _parts(count)))


def write_entities(path: Path, entities: int, features: int = len(FEATURES)) -> None:
    """Write one row per entity, in random order, all within the last two days."""
    rng = np.random.default_rng(3)
    instants = first_instant() + DAY * (DAYS - 1) + rng.integers(0, DAY // 2, entities)
    columns = {
        "driver_id": pa.array(rng.permutation(entities)),
        "ts": pa.array(instants, INSTANT),
    }
    _write(path, iter([pa.table(columns | _features(rng, entities, features))]))


def _features(
    rng: np.random.Generator, count: int, features: int = len(FEATURES)
) -> dict[str, np.ndarray]:
    return {name: rng.random(count) for name in feature_names(features)}


def _parts(count: int) -> Iterator[tuple[int, int]]:
    """Yield the offset and the number of rows of each chunk."""
    return ((start, min(CHUNK, count - start)) for start in range(0, count, CHUNK))


def _write(path: Path, chunks: Iterator[pa.Table]) -> None:
    first = next(chunks)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first, row_group_size=122_880)
        for chunk in chunks:
            writer.write_table(chunk, row_group_size=122_880)
