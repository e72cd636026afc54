"""A feature repository to be served: two views, a push source, a feature service, all types."""

from __future__ import annotations

import decimal
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from provender import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource
from provender.clock import system_clock
from provender.definitions import PushSource
from provender.server.application import Application
from provender.server.context import housekeeping_threads, make_context
from provender.types import (
    Array,
    Bool,
    Bytes,
    Date,
    Decimal,
    Float64,
    Int64,
    Json,
    Map,
    String,
    Struct,
    UnixTimestamp,
    Uuid,
)

NOW = datetime.now(UTC).replace(microsecond=250_000) - timedelta(minutes=5)
DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
ALL_TYPES = {
    "flag": (Bool, pa.bool_(), True),
    "big": (Int64, pa.int64(), 2**53 + 1),
    "text": (String, pa.string(), 'ä"\n'),
    "raw": (Bytes, pa.binary(), b"\x00\xff"),
    "instant": (UnixTimestamp, pa.timestamp("us", "UTC"), NOW),
    "day": (Date, pa.date32(), date(2026, 3, 1)),
    "exact": (Decimal(12, 3), pa.decimal128(12, 3), decimal.Decimal("1.250")),
    "ident": (Uuid, pa.string(), str(uuid.UUID(int=7))),
    "doc": (Json, pa.string(), '{"a":1}'),
    "nan": (Float64, pa.float64(), float("nan")),
    "infinite": (Array(Float64), pa.list_(pa.float64()), [1.5, float("-inf"), None]),
    "by_name": (Map(String, Int64), pa.map_(pa.string(), pa.int64()), [("a", 1)]),
    "by_id": (Map(Int64, Float64), pa.map_(pa.int64(), pa.float64()), [(1, float("inf"))]),
    "record": (
        Struct({"x": Int64, "y": Float64}),
        pa.struct([("x", pa.int64()), ("y", pa.float64())]),
        {"x": 1, "y": float("nan")},
    ),
}
"""For each feature of the view ``typed`` its type, how its source stores it, and a value."""


def views(extra: tuple[Field, ...] = ()) -> list[Any]:
    """Return the definitions.

    Args:
        extra: Further features of ``driver_stats``.
    """
    batch = FileSource("stats", timestamp_field="event_timestamp")
    stats = FeatureView(
        name="driver_stats",
        entities=[DRIVER],
        schema=[Field("rating", Float64), Field("trips", Int64), *extra],
        source=PushSource("driver_pushes", batch),
        ttl=timedelta(days=1),
    )
    typed = FeatureView(
        name="typed",
        entities=[DRIVER],
        schema=[Field(name, kind) for name, (kind, _, _) in ALL_TYPES.items()],
        source=FileSource("typed.parquet", timestamp_field="event_timestamp"),
    )
    service = FeatureService("scoring", [stats[["rating"]], typed[["big"]]])
    return [DRIVER, stats, typed, service]


def make_project(path: Path, **config: Any) -> FeatureStore:
    """Make the repository, register everything and materialize it; the store is to be closed.

    Args:
        path: Its directory.
        config: Keys of feature_store.yaml.
    """
    path.mkdir(exist_ok=True)
    whole: Mapping[str, Any] = {
        "project": "served",
        "registry": "registry.db",
        "online_store": {"path": "online.db"},
        **config,
    }
    (path / "feature_store.yaml").write_text(yaml.safe_dump(dict(whole)))
    instants = pa.array([NOW, NOW - timedelta(days=2)], pa.timestamp("us", "UTC"))
    ids = pa.array([1, 2])
    stats = {"driver_id": ids, "event_timestamp": instants, "rating": [4.5, 3.0], "trips": [7, 8]}
    stats["hours"] = [1.0, 2.0]  # which no view reads at first
    (path / "stats").mkdir()
    pq.write_table(pa.table(stats), path / "stats" / "first.parquet")
    typed = {name: pa.array([value, None], kind) for name, (_, kind, value) in ALL_TYPES.items()}
    typed |= {"driver_id": ids, "event_timestamp": instants}
    pq.write_table(pa.table(typed), path / "typed.parquet")
    store = FeatureStore(path)
    store.apply(views())
    store.materialize_incremental(datetime.now(UTC))
    old = {"driver_id": 2, "event_timestamp": NOW - timedelta(days=2), "rating": 3.0, "trips": 8}
    store.push("driver_pushes", [old])
    return store


@asynccontextmanager
async def served(store: FeatureStore) -> AsyncIterator[httpx.AsyncClient]:
    """Serve a feature store in this process; yield a client of it."""
    context = make_context(store, None, housekeeping_threads(), system_clock)
    async with context.serving():
        transport = httpx.ASGITransport(Application(context))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            yield client
