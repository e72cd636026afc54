"""Loading the rows of one task: read the newest, encode them, write them online."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from provender.catalog.view import CatalogView
from provender.errors import ProvenderError
from provender.online.keys import KeyCodec
from provender.online.values import encode_values
from provender.plugin.contract.engine import Task, TaskReport
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.online_store import (
    NO_CREATED_TIMESTAMP,
    OnlineRow,
    OnlineStore,
    OnlineTable,
)
from provender.plugin.contract.plan import WHOLE

if TYPE_CHECKING:
    import pyarrow as pa


def move_rows(
    task: Task,
    view: CatalogView,
    offline: OfflineStore,
    online: OnlineStore,
    *,
    batch_rows: int,
    progress: Callable[[int], None],
) -> TaskReport:
    """Move the rows of a task; memory is bounded by `batch_rows` and the offline store.

    When a store fails, the report has the error; what was written stays, and moving the rows
    again is right.

    Args:
        task: What to move.
        view: The registered view that it names.
        offline: Where the rows come from.
        online: Where they go.
        batch_rows: The most rows that are encoded and written at once.
        progress: Called after each write with the number of rows that are written so far.
    """
    encode = RowEncoder(view)
    rows, newest = 0, None
    try:
        with _latest(task, view, offline) as reader:
            for batch in _sliced(reader, batch_rows):
                newest = _newest(newest, batch)
                kept = encode(_since(task.oldest, batch))
                new = unwritten(online, view.table, kept, task.reached)
                if new:
                    online.write(view.table, new)
                    rows += len(new)
                    progress(rows)
    except ProvenderError as error:
        return TaskReport(task, rows, newest, error)
    return TaskReport(task, rows, newest)


def _latest(task: Task, view: CatalogView, offline: OfflineStore) -> pa.RecordBatchReader:
    """Open the rows of a task; a store that has no partitions need not know of them."""
    if task.partition == WHOLE:
        return offline.latest(view.read(), task.window)
    return offline.latest(view.read(), task.window, task.partition)


def unwritten(
    online: OnlineStore, table: OnlineTable, rows: Sequence[OnlineRow], reached: int | None
) -> Sequence[OnlineRow]:
    """Return the rows whose writing changes something.

    Args:
        online: The store.
        table: Where they would be written.
        rows: One row per key.
        reached: Only rows up to this event timestamp (µs) are looked up, for only they may have
            been written before; None: none of them.

    Raises:
        StoreError: The store failed.
    """
    again = [row[0] for row in rows if reached is not None and row[1] <= reached]
    if not again:
        return rows
    stored = dict(zip(again, online.read(table, again), strict=True))
    return [row for row in rows if _changes(stored.get(row[0]), row)]


def _changes(stored: OnlineRow | None, row: OnlineRow) -> bool:
    """Return whether a row replaces a stored one, if any, and differs from it."""
    if stored is None:
        return True
    before, after = (stored[1], stored[2]), (row[1], row[2])
    return after > before or (after == before and row[3] != stored[3])


class RowEncoder:
    """Turns batches of `latest` into the rows of an online store."""

    def __init__(self, view: CatalogView) -> None:
        self._view = view
        self._keys = KeyCodec([(key.name, key.type) for key in view.keys])

    def __call__(self, batch: pa.RecordBatch) -> list[OnlineRow]:
        """Return the rows of one batch, whose columns stand as in `read_schema`."""
        import pyarrow as pa

        count, keys = batch.num_rows, self._view.keys
        columns = dict(zip((k.name for k in keys), batch.columns[2:], strict=False))
        encoded = self._keys.encode_columns(columns, count)
        values = encode_values(self._view.layout, batch.columns[2 + len(keys) :], count)
        events = batch.column(0).cast(pa.int64()).to_pylist()
        created = [
            NO_CREATED_TIMESTAMP if instant is None else instant
            for instant in batch.column(1).cast(pa.int64()).to_pylist()
        ]
        return list(zip(encoded, events, created, values, strict=True))


def _sliced(reader: pa.RecordBatchReader, most: int) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        for start in range(0, batch.num_rows, most):
            yield batch.slice(start, most)


def _since(oldest: int | None, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows of a batch that are not older than that."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if oldest is None:
        return batch
    return batch.filter(pc.greater_equal(batch.column(0).cast(pa.int64()), oldest))


def _newest(newest: int | None, batch: pa.RecordBatch) -> int | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    latest = pc.max(batch.column(1).cast(pa.int64())).as_py()
    known = [instant for instant in (newest, latest) if instant is not None]
    return max(known, default=None)
