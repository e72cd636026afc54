"""Pushing rows online, against the write of a materialization with the very same rows."""

from __future__ import annotations

import statistics
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.figures import Figure, in_turns, ratio
from benchmarks.repository import open_store
from benchmarks.rows import write_entities
from benchmarks.sizes import Sizes
from provender import FeatureStore
from provender.catalog.view import CatalogView
from provender.materialize.moving import RowEncoder
from provender.plugin.contract.plan import CREATED_TIMESTAMP, EVENT_TIMESTAMP
from provender.transforms.loading import Functions

DICTS = 1_000
"""Rows that are pushed as a list of dicts, as a program that serves requests has them."""


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Push an Arrow table and a list of dicts; the same rows were written before."""
    file = directory / "entities.parquet"
    write_entities(file, sizes.served)
    table = pq.read_table(file)
    with open_store(directory / "store", file) as store:
        few = table.slice(0, min(DICTS, len(table)))
        return [
            _figure(store, table, table, "Arrow", sizes.rounds),
            _figure(store, few, few.to_pylist(), "dicts", sizes.rounds),
        ]


def _figure(store: FeatureStore, table: pa.Table, rows: object, shape: str, rounds: int) -> Figure:
    view = store.catalog.view("v")
    batches = _as_read(view, table).to_batches(store.config.materialization.batch_rows)

    def write() -> None:
        encode = RowEncoder(view, Functions(store.config.repo_path, ()))
        store.stores.online.prepare([view.table])
        for batch in batches:
            store.stores.online.write(view.table, encode(batch))

    ours, base = in_turns(lambda: store.write_to_online_store("v", rows), write, rounds=rounds)
    rates = [f"{len(table) / statistics.median(seconds):,.0f}/s" for seconds in (ours, base)]
    what = f"push {len(table):,} rows × 10 ({shape})"
    return Figure(what, rates[0], f"{rates[1]} (materialize's write)", ratio(ours, base))


def _as_read(view: CatalogView, table: pa.Table) -> pa.Table:
    """Return rows as `OfflineStore.latest` gives them."""
    read = view.read()
    instants = [table.column(read.timestamp), pa.nulls(len(table), pa.timestamp("us", "UTC"))]
    columns = [table.column(column.source) for column in (*read.keys, *read.features)]
    names = [column.name for column in (*read.keys, *read.features)]
    return pa.table([*instants, *columns], [EVENT_TIMESTAMP, CREATED_TIMESTAMP, *names])
