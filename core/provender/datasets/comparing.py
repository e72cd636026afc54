"""Comparing two tables of rows that belong together, row by row and column by column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provender.datasets.canonical import encoded, type_text
from provender.errors import count_text

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that is not what it was.

    Attributes:
        row: The number of its row, from 0, in the order in which the stored rows were read.
        column: Its column.
        stored: The value that is stored.
        rebuilt: The value that the request gives now.
        entity: The join keys and timestamps of the row.
    """

    row: int
    column: str
    stored: Any
    rebuilt: Any
    entity: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retyped:
    """A column that has another type than it had.

    Attributes:
        column: The column.
        stored: The type that is stored, as text.
        rebuilt: The type that the request gives now.
    """

    column: str
    stored: str
    rebuilt: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between the stored rows of a dataset and the rebuilt ones.

    Attributes:
        rows: How many rows were compared.
        differing_rows: How many of them differ in a column that both have, of the same type.
        differences: The first values that differ, by row.
        missing: The columns that are stored and that the request does not give any longer.
        new: The columns that the request gives and that are not stored.
        retyped: The columns that have another type; their values were not compared.
        rebuilt_as_now: The views whose sources have no created timestamp: what their rows were when
            the dataset was created is not known, so those of now were taken.
    """

    rows: int
    differing_rows: int
    differences: tuple[Difference, ...]
    missing: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    retyped: tuple[Retyped, ...] = ()
    rebuilt_as_now: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not (self.differing_rows or self.missing or self.new or self.retyped)

    def __repr__(self) -> str:
        differing = f"{self.differing_rows:,} of {count_text(self.rows, 'row')} differ"
        columns = f"{len(self.missing)} columns missing, {len(self.new)} new"
        return f"<Comparison: {differing}; {columns}, {len(self.retyped)} of another type>"


def compared(
    stored: pa.Table, rebuilt: pa.RecordBatchReader, shown: Sequence[str], most: int
) -> Comparison:
    """Compare rows with rebuilt ones that come in the same order.

    Args:
        stored: The rows.
        rebuilt: The rebuilt ones, streamed.
        shown: The columns that say which row it is.
        most: How many differences are kept.
    """
    kinds = {f.name: type_text(f.type) for f in stored.schema}
    now = {f.name: type_text(f.type) for f in rebuilt.schema}
    both = [name for name in kinds if name in now]
    same = [name for name in both if kinds[name] == now[name]]
    rows = _Rows(stored, same, shown, most)
    for batch in rebuilt:
        rows.compare(batch)
    return Comparison(
        rows.rows,
        rows.differing,
        tuple(rows.differences),
        missing=tuple(name for name in kinds if name not in now),
        new=tuple(name for name in now if name not in kinds),
        retyped=tuple(Retyped(n, kinds[n], now[n]) for n in both if n not in same),
    )


class _Rows:
    """Compares stored rows with batches as they come."""

    def __init__(
        self, stored: pa.Table, columns: Sequence[str], shown: Sequence[str], most: int
    ) -> None:
        self._stored = stored
        self._columns = columns
        self._shown = shown
        self._most = most
        self.rows = 0
        self.differing = 0
        self.differences: list[Difference] = []

    def compare(self, batch: pa.RecordBatch) -> None:
        import numpy as np

        stored = self._stored.slice(self.rows, batch.num_rows)
        unlike = {
            name: mask
            for name in self._columns
            if (mask := _unlike(stored.column(name), batch.column(name))) is not None
        }
        if unlike:
            self.differing += int(np.logical_or.reduce(list(unlike.values())).sum())
            self.differences += self._first(stored, batch, unlike)
        self.rows += batch.num_rows

    def _first(
        self, stored: pa.Table, batch: pa.RecordBatch, unlike: dict[str, np.ndarray]
    ) -> Iterator[Difference]:
        """Yield the first differences of a batch, by row, as many as are still wanted."""
        import numpy as np

        left = self._most - len(self.differences)
        names = list(unlike)
        places = np.argwhere(np.column_stack(list(unlike.values())))[:left].tolist()
        for row, place in places:
            name = names[place]
            before, now = (part.column(name)[row].as_py() for part in (stored, batch))
            entity = {key: stored.column(key)[row].as_py() for key in self._shown}
            yield Difference(self.rows + row, name, before, now, entity)


def _unlike(stored: pa.ChunkedArray, rebuilt: pa.Array) -> np.ndarray | None:
    """Return for each row whether the values differ; None: none does."""
    import pyarrow.compute as pc

    whole = stored.combine_chunks()
    if whole.equals(rebuilt):
        return None
    mask = pc.not_equal(encoded(whole), encoded(rebuilt)).to_numpy(zero_copy_only=False)
    return mask if mask.any() else None
