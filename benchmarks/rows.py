"""The rows that are measured: features over time, a spine, and one row per entity."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FEATURES = [f"f{i}" for i in range(10)]
INSTANT = pa.timestamp("us", "UTC")
DAY = 86_400_000_000
DAYS = 30


def first_instant() -> int:
    """Return the first instant of the rows in µs: thirty days ago."""
    return int((datetime.now(UTC) - timedelta(days=DAYS)).timestamp()) * 1_000_000


def write_features(path: Path, entities: int, rows_per_entity: int) -> None:
    """Write rows at random instants, a few of them tied, in random order."""
    rng = np.random.default_rng(1)
    count = entities * rows_per_entity
    keys = np.repeat(np.arange(entities), rows_per_entity)
    instants = first_instant() + rng.integers(0, DAYS * DAY, count)
    instants[::200], keys[::200] = instants[1::200], keys[1::200]
    order = rng.permutation(count)
    columns = {
        "driver_id": pa.array(keys[order]),
        "ts": pa.array(instants[order], INSTANT),
        "created": pa.array(instants[order] + rng.integers(0, DAY, count), INSTANT),
    }
    pq.write_table(pa.table(columns | _features(rng, count)), path)


def write_spine(path: Path, entities: int, count: int) -> None:
    """Write entity rows at random instants; one in a hundred is of an unknown entity."""
    rng = np.random.default_rng(2)
    instants = first_instant() + rng.integers(0, DAYS * DAY, count)
    table = pa.table(
        {
            "event_timestamp": pa.array(instants, INSTANT),
            "driver_id": rng.integers(0, entities + entities // 100 + 1, count),
            "label": rng.integers(0, 2, count),
        }
    )
    pq.write_table(table, path)


def write_entities(path: Path, entities: int) -> None:
    """Write one row per entity, in random order."""
    rng = np.random.default_rng(3)
    instants = first_instant() + DAY * (DAYS - 1) + rng.integers(0, DAY // 2, entities)
    columns = {
        "driver_id": pa.array(rng.permutation(entities)),
        "ts": pa.array(instants, INSTANT),
    }
    pq.write_table(pa.table(columns | _features(rng, entities)), path)


def _features(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    return {name: rng.random(count) for name in FEATURES}
