"""`SourceTable`: the rows of a source that a window takes, sorted so that the newest comes last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.plugin.arrow.keys import NO_KEY, key_codes
from provender.plugin.contract.plan import SourceRead, Window, read_schema
from provender.plugin.kit.arrow_cast import cast_column
from provender.plugin.kit.source_columns import check_columns
from provender.types import UnixTimestamp

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EARLIEST = np.iinfo(np.int64).min
"""Before every timestamp: where a row without a created timestamp is sorted."""


@dataclass(frozen=True)
class SourceTable:
    """Rows of a source within a window, under the names and of the types of `read_schema`.

    Attributes:
        read: The columns that are wanted.
        table: The rows, with the schema of `read_schema`.
    """

    read: SourceRead
    table: pa.Table

    @classmethod
    def of(cls, read: SourceRead, stored: pa.Table, window: Window) -> SourceTable:
        """Return the rows of a source that a window takes.

        Args:
            read: The columns that are wanted.
            stored: All rows of the source as they are stored, with more columns if need be.
            window: Which rows are taken.

        Raises:
            SourceError: A column is missing, or a value does not fit its type.
        """
        check_columns(read, stored.schema)
        schema = read_schema(read)
        event = _timestamps(stored.column(read.timestamp), schema.field(0))
        created = pa.chunked_array([pa.nulls(stored.num_rows, schema.field(1).type)])
        if read.created is not None:
            created = _timestamps(stored.column(read.created), schema.field(1))
        taken = _within(event, created, window)
        columns = [stored.column(one.source).filter(taken) for one in (*read.keys, *read.features)]
        fields = list(schema)[2:]
        typed = [cast_column(one, field) for one, field in zip(columns, fields, strict=True)]
        return cls(read, pa.table([event.filter(taken), created.filter(taken), *typed], schema))

    @property
    def keys(self) -> list[pa.ChunkedArray]:
        """The columns of the join keys."""
        return [self.table.column(2 + number) for number in range(len(self.read.keys))]

    @property
    def features(self) -> list[pa.ChunkedArray]:
        """The columns of the features."""
        found: list[pa.ChunkedArray] = self.table.columns[2 + len(self.read.keys) :]
        return found

    @property
    def events(self) -> NDArray[np.int64]:
        """The event timestamps in µs."""
        return microseconds(self.table.column(0))

    def oldest_first(self, codes: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the places of the rows, by key, then by what makes a row the newest of its key.

        The latest event timestamp wins, then the latest created timestamp (null is earliest), then
        the row whose values are sorted last: the same one in whatever order the rows are stored.

        Args:
            codes: The number of each row's key; see `key_codes`.
        """
        created = microseconds(self.table.column(1))
        stamps = (created, self.events, codes)
        order = np.lexsort(stamps)
        same = np.ones(max(len(order) - 1, 0), np.bool_)
        for stamp in stamps:
            same &= stamp[order][1:] == stamp[order][:-1]
        if not same.any():
            return order
        tied = np.zeros(len(order), np.bool_)
        tied[1:] |= same
        tied[:-1] |= same
        return np.lexsort((self._ranks(order[tied]), *stamps))

    def _ranks(self, tied: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each row its rank among the tied ones by its values; 0 for all others."""
        rows = self.table.select(range(2, self.table.num_columns)).take(tied).to_pylist()
        ranked = sorted(range(len(rows)), key=lambda place: repr(list(rows[place].values())))
        ranks = np.zeros(self.table.num_rows, np.int64)
        ranks[tied[ranked]] = np.arange(len(rows))
        return ranks


def newest_of_each_key(source: SourceTable) -> pa.Table:
    """Return the newest row of each key; rows with a null in the key do not count."""
    (codes,) = key_codes([source.keys], [source.table.num_rows])
    order = source.oldest_first(codes)
    sorted_codes = codes[order]
    last = np.ones(len(order), np.bool_)
    last[:-1] = sorted_codes[1:] != sorted_codes[:-1]
    return source.table.take(order[last & (sorted_codes != NO_KEY)])


def microseconds(column: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return timestamps in µs; a null is earlier than all others."""
    whole = column.combine_chunks().cast(pa.int64()).fill_null(_EARLIEST)
    found: NDArray[np.int64] = whole.to_numpy(zero_copy_only=False)
    return found


def _timestamps(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    """Return a column as timestamps in UTC; a naive one and a date mean UTC."""
    found = cast_column(column, pa.field(field.name, UnixTimestamp.arrow()))
    return found if isinstance(found, pa.ChunkedArray) else pa.chunked_array([found])


def _within(
    event: pa.ChunkedArray, created: pa.ChunkedArray, window: Window
) -> pa.ChunkedArray | pa.Array:
    """Return which rows a window takes; see `Window`."""

    def instant(us: int) -> pa.Scalar:
        return pa.scalar(us, UnixTimestamp.arrow())

    taken = pc.is_valid(event)
    if window.start is not None:
        begun = pc.greater_equal(event, instant(window.start))
        if window.late_since is not None:
            late = pc.greater_equal(created, instant(window.late_since))
            begun = pc.or_(begun, pc.fill_null(late, fill_value=True))
        taken = pc.and_(taken, begun)
    if window.end is not None:
        taken = pc.and_(taken, pc.less_equal(event, instant(window.end)))
    if window.known_at is not None:
        known = pc.less_equal(created, instant(window.known_at))
        taken = pc.and_(taken, pc.fill_null(known, fill_value=True))
    return pc.fill_null(taken, fill_value=False)
