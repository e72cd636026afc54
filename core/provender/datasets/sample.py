"""`sampled`: the labelled rows of a saved dataset, at most so many, chosen by a seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provender.errors import RequestError, listed, rename_close
from provender.plugin.kit.readers import reading

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from provender.datasets.dataset import SavedDataset


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows that have a label.

    Attributes:
        rows: The rows, in the order in which they were read.
        target: Their labels: numbers, or texts as objects.
        is_whole: Whether the labels are whole numbers or booleans by their type.
        instants: Their timestamps (µs); those without one come first.
        labelled: How many rows of the dataset have a label.
        unlabelled: How many have none.
    """

    rows: pa.Table
    target: np.ndarray
    is_whole: bool
    instants: np.ndarray
    labelled: int
    unlabelled: int


def sampled(dataset: SavedDataset, label: str, timestamp: str, most: int, seed: int) -> Sample:
    """Read a dataset, and keep at most so many of its rows that have a label.

    Each row with a label has the same chance. Memory is bounded by twice as many rows.

    Raises:
        RequestError: There is no such column, it cannot be a label, or no row has one.
        SourceError: The rows cannot be read.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.types as at

    schema = dataset.schema
    _check_label(schema, label)
    kept = _Kept(schema, most, seed)
    unlabelled = 0
    with reading(dataset.to_reader()) as reader:
        for batch in reader:
            there = _has_label(batch.column(label))
            unlabelled += int(len(there) - there.sum())
            kept.add(batch.filter(pa.array(there)))
    if not kept.seen:
        raise RequestError(f"no row has a value of label {label!r}", got=f"{unlabelled} rows")
    rows = kept.rows()
    column, kind = rows.column(label), schema.field(label).type
    values = numbers(column)
    instants = rows.column(timestamp).cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64())
    instants = instants.fill_null(-(2**62))
    return Sample(
        rows,
        np.array(column.to_pylist(), object) if values is None else values,
        at.is_integer(kind) or at.is_boolean(kind),
        instants.to_numpy(),
        kept.seen,
        unlabelled,
    )


class _Kept:
    """Keeps the rows with the least random numbers."""

    def __init__(self, schema: pa.Schema, most: int, seed: int) -> None:
        import numpy as np

        self._most = most
        self._random = np.random.default_rng(seed)
        self._table = schema.empty_table()
        self._draws = np.empty(0)
        self.seen = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Keep rows of a batch, if their numbers are among the least so far."""
        import numpy as np
        import pyarrow as pa

        step = self._most
        for start in range(0, batch.num_rows, step):
            part = pa.Table.from_batches([batch.slice(start, step)])
            self._table = pa.concat_tables([self._table, part])
            self._draws = np.concatenate([self._draws, self._random.random(part.num_rows)])
            self.seen += part.num_rows
            if self._table.num_rows > self._most:
                last = np.partition(self._draws, self._most - 1)[self._most - 1]
                wanted = self._draws <= last
                self._table = self._table.filter(pa.array(wanted)).combine_chunks()
                self._draws = self._draws[wanted]

    def rows(self) -> pa.Table:
        return self._table


def numbers(column: pa.Array | pa.ChunkedArray) -> np.ndarray | None:
    """Return a column of numbers, booleans or instants as floats, nulls as NaN; None: others."""
    import pyarrow as pa
    import pyarrow.types as at

    kind = column.type
    if at.is_boolean(kind):
        column = column.cast(pa.int8())
    elif at.is_date(kind):
        column = column.cast(pa.int32())
    elif at.is_timestamp(kind):
        column = column.cast(pa.int64())
    elif not (at.is_integer(kind) or at.is_floating(kind) or at.is_decimal(kind)):
        return None
    found: np.ndarray = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return found


def _has_label(column: pa.Array) -> np.ndarray:
    import numpy as np

    values = numbers(column)
    there: np.ndarray = (
        np.asarray(column.is_valid()).astype(bool) if values is None else np.isfinite(values)
    )
    return there


def _check_label(schema: pa.Schema, label: str) -> None:
    import pyarrow.types as at

    if label not in schema.names:
        raise RequestError(
            f"the saved dataset has no column {label!r} that could be the label",
            allowed=listed(schema.names),
            fix=rename_close(label, schema.names),
        )
    kind = schema.field(label).type
    is_text = at.is_string(kind) or at.is_large_string(kind)
    if not is_text and numbers(schema.empty_table().column(label)) is None:
        raise RequestError(
            f"column {label!r} cannot be the label",
            got=str(kind),
            allowed="numbers, booleans, texts and timestamps",
        )
