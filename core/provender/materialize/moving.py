"""Loading the rows of one task: read the newest, encode them, write them online."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from provender.catalog.on_demand import CatalogOnDemandView
from provender.catalog.view import CatalogView
from provender.definitions import PushSource
from provender.errors import ProvenderError
from provender.online.keys import KeyCodec
from provender.online.values import encode_values
from provender.plugin.contract.engine import NewerOnline, Task, TaskReport
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.online_store import (
    NO_CREATED_TIMESTAMP,
    OnlineRow,
    OnlineStore,
    OnlineTable,
)
from provender.plugin.contract.plan import WHOLE, Window, read_schema
from provender.plugin.kit.readers import reading
from provender.transforms.loading import Functions
from provender.transforms.transformation import Transformation, transformation_of
from provender.wire.text_values import write_text

if TYPE_CHECKING:
    import pyarrow as pa


def move_rows(
    task: Task,
    view: CatalogView,
    offline: OfflineStore,
    online: OnlineStore,
    *,
    functions: Functions,
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
        functions: Finds the functions of on-demand feature views.
        batch_rows: The most rows that are encoded and written at once.
        progress: Called after each write with the number of rows that are written so far.
    """
    move = _Move(task, view, online, RowEncoder(view, functions))
    try:
        with reading(_latest(task, view, offline)) as reader:
            for batch in _sliced(reader, batch_rows):
                if move.batch(batch):
                    progress(move.rows)
    except ProvenderError as error:
        return move.report(error)
    return move.report()


class _Move:
    """The rows of one task, batch by batch, and what became of them.

    Attributes:
        rows: How many were written so far.
    """

    def __init__(
        self, task: Task, view: CatalogView, online: OnlineStore, encode: RowEncoder
    ) -> None:
        self._task = task
        self._view = view
        self._online = online
        self._encode = encode
        self._newest: int | None = None
        self._newer_online: NewerOnline | None = None
        self._read = self._equal = self._kept_back = 0
        self.rows = 0

    def batch(self, batch: pa.RecordBatch) -> int:
        """Write what changes something, and return how many rows were written."""
        self._newest = _newest(self._newest, batch)
        useful = _since(self._task.oldest, batch)
        self._read += useful.num_rows
        found = compared(self._online, self._view.table, self._encode(useful), self._task.known)
        self._equal += found.equal
        self._kept_back += len(found.newer)
        self._newer_online = self._newer_online or self._example(useful, found)
        if not found.new:
            return 0
        kept_back = self._online.write(self._view.table, found.new) or 0
        self._kept_back += kept_back
        written = len(found.new) - kept_back
        self.rows += written
        return written

    def report(self, error: ProvenderError | None = None) -> TaskReport:
        """Return the report of what was moved so far."""
        return TaskReport(
            self._task,
            self.rows,
            self._newest,
            error,
            read=self._read,
            equal=self._equal,
            kept_back=self._kept_back,
            newer_online=self._newer_online,
        )

    def _example(self, batch: pa.RecordBatch, found: Compared) -> NewerOnline | None:
        """Return an online row that no row of the source explains, if there is one.

        Rows of a push source may be pushed online alone.
        """
        if isinstance(self._view.view.source, PushSource):
            return None
        for position, row, stored in found.newer:
            if _would_be_read(self._task.window, stored[1]):
                columns = zip(self._view.keys, batch.columns[2:], strict=False)
                entity = {
                    key.name: write_text(column[position].as_py(), key.type)
                    for key, column in columns
                }
                return NewerOnline(entity, _instants(stored), _instants(row))
        return None


def _latest(task: Task, view: CatalogView, offline: OfflineStore) -> pa.RecordBatchReader:
    """Open the rows of a task; a store that has no partitions need not know of them."""
    if task.partition == WHOLE:
        return offline.latest(view.read(), task.window)
    return offline.latest(view.read(), task.window, task.partition)


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows, and how they compare with those that are online.

    Attributes:
        new: Those whose writing changes something, and those that were not looked up.
        equal: How many are online just as they are.
        newer: Those for whose key a newer row is online: their positions, they, and that row.
    """

    new: Sequence[OnlineRow]
    equal: int = 0
    newer: Sequence[tuple[int, OnlineRow, OnlineRow]] = ()


def compared(
    online: OnlineStore,
    table: OnlineTable,
    rows: Sequence[OnlineRow],
    known: Sequence[tuple[int | None, int]],
) -> Compared:
    """Compare rows with those that are online.

    Args:
        online: The store.
        table: Where they would be written.
        rows: One row per key.
        known: Only rows with event timestamps in these intervals (disjoint; µs, both ends
            included; None: from the beginning) are looked up: only they may have been written
            before.

    Raises:
        StoreError: The store failed.
    """
    again = [
        row[0]
        for first, last in known
        for row in rows
        if row[1] <= last and (first is None or first <= row[1])
    ]
    if not again:
        return Compared(rows)
    found = dict(zip(again, online.read(table, again), strict=True))
    new: list[OnlineRow] = []
    newer: list[tuple[int, OnlineRow, OnlineRow]] = []
    for position, row in enumerate(rows):
        stored = found.get(row[0])
        if stored is None or (stored[1], stored[2]) < (row[1], row[2]):
            new.append(row)
        elif (stored[1], stored[2]) > (row[1], row[2]):
            newer.append((position, row, stored))
        elif stored[3] != row[3]:
            new.append(row)
    return Compared(new, len(rows) - len(new) - len(newer), newer)


def _would_be_read(window: Window, event: int) -> bool:
    """Return whether a source row of that event timestamp (µs) lies in a window for sure."""
    begun = window.start is None or window.start <= event
    return begun and (window.end is None or event <= window.end)


def _instants(row: OnlineRow) -> tuple[int, int | None]:
    return row[1], None if row[2] == NO_CREATED_TIMESTAMP else row[2]


class RowEncoder:
    """Turns batches of `latest` into the rows of an online store.

    Args:
        view: The view.
        functions: Finds the functions of the on-demand views whose features are stored with it.
    """

    def __init__(self, view: CatalogView, functions: Functions) -> None:
        self._view = view
        self._keys = KeyCodec([(key.name, key.type) for key in view.keys])
        self._functions = functions

    @cached_property
    def _steps(self) -> list[tuple[CatalogOnDemandView, Transformation]]:
        return [
            (one, transformation_of(one.view, self._functions.of(one.view), one.columns))
            for one in self._view.computed
        ]

    def completed(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch of `latest` with the on-demand features that are stored with its rows.

        Raises:
            TransformError: A function failed for a row, or did not return what it declares.
        """
        import pyarrow as pa

        if not self._steps or batch.num_columns > len(read_schema(self._view.read())):
            return batch
        names = [key.name for key in self._view.keys]
        names += [feature.name for feature in self._view.features]
        found = dict(zip(names, batch.columns[2:], strict=True))
        arrays, fields = list(batch.columns), list(batch.schema)
        for one, run in self._steps:
            given = {key: found[key] for key in one.keys}
            given |= {each.column: found[each.feature] for each in one.inputs}
            stored = one.stored_columns().values()
            arrays += run.run(given, batch.num_rows)
            fields += [pa.field(name, kind.arrow()) for name, kind in stored]
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))

    def __call__(self, batch: pa.RecordBatch) -> list[OnlineRow]:
        """Return the rows of one batch, whose columns stand as in `read_schema`.

        Raises:
            TransformError: A function failed for a row, or did not return what it declares.
        """
        import pyarrow as pa

        batch = self.completed(batch)
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
