"""Pushed columns brought to a type, or the numbers of the rows that do not fit it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from provender.errors import SourceError
from provender.plugin.kit.arrow_cast import cast_column, readable_as
from provender.push.python_values import array_of
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 12
"""How many rows that do not fit are named; one more is looked for."""

Given = Any
"""A column as it was given: an Arrow array, or a list of Python values."""


class DoesNotFit(Exception):  # noqa: N818 - never leaves this room
    """A column, or some of its rows, cannot be read as a type.

    Attributes:
        rows: The numbers of the first such rows; empty when it is the column as a whole.
        got: What was found there.
    """

    def __init__(self, rows: list[int], got: str) -> None:
        super().__init__(got)
        self.rows = rows
        self.got = got


def typed(column: Given, kind: FeatureType, *, exact_floats: bool = False) -> pa.Array:
    """Return a column as one array of a feature type.

    Args:
        column: An Arrow array, or a list of Python values.
        kind: The type.
        exact_floats: Whether floats that are whole numbers are read as integers.

    Raises:
        DoesNotFit: With the rows that do not fit.
    """
    import pyarrow as pa

    field = pa.field("", kind.arrow())

    def read(part: Given) -> pa.Array:
        array = array_of(part, kind) if isinstance(part, list) else part
        if exact_floats and pa.types.is_floating(array.type) and pa.types.is_integer(field.type):
            array = array.cast(field.type)  # refuses what is not a whole number
        if not readable_as(array.type, kind):
            raise TypeError(str(array.type))
        return _whole(array if array.type == field.type else cast_column(array, field))

    return _read(column, read)


def stored(column: pa.Array, field: pa.Field) -> pa.Array:
    """Return a typed column as a source stores it.

    Raises:
        DoesNotFit: With the rows that do not fit.
    """
    if column.type == field.type:
        return column
    return _read(column, lambda part: _whole(cast_column(part, field)))


def as_given(column: Given, field: pa.Field) -> pa.Array:
    """Return a column that no feature type describes as a source stores it.

    Raises:
        DoesNotFit: With the rows that do not fit.
    """
    import pyarrow as pa

    def read(part: Given) -> pa.Array:
        return pa.array(part, field.type) if isinstance(part, list) else cast_column(part, field)

    return _read(column, lambda part: _whole(read(part)))


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _read(column: Given, read: Callable[[Given], pa.Array]) -> pa.Array:
    import pyarrow as pa

    misfit = (pa.ArrowException, SourceError, TypeError, ValueError, OverflowError, AttributeError)
    try:
        return read(column)
    except misfit as error:
        rows = _misfits(column, 0, read, misfit)
        whole = not rows or (len(rows) == min(len(column), MOST_ROWS + 1) and _has_type(column))
        got = str(column.type) if whole and _has_type(column) else _shown(column, rows, error)
        raise DoesNotFit([] if whole else rows, got) from error


def _has_type(column: Given) -> bool:
    return not isinstance(column, list)


def _shown(column: Given, rows: list[int], error: Exception) -> str:
    if not rows:
        return str(error)
    value = column[rows[0]]
    value = value.as_py() if hasattr(value, "as_py") else value
    return f"{value!r:.80} ({type(value).__name__})"


def _misfits(
    column: Given,
    begin: int,
    read: Callable[[Given], pa.Array],
    misfit: tuple[type[Exception], ...],
) -> list[int]:
    """Return the numbers of the first rows that cannot be read; halves are tried by themselves."""
    try:
        read(column)
    except misfit:
        if len(column) == 1:
            return [begin]
        half = len(column) // 2
        first = _misfits(column[:half], begin, read, misfit)
        if len(first) > MOST_ROWS:
            return first
        return [*first, *_misfits(column[half:], begin + half, read, misfit)][: MOST_ROWS + 1]
    return []
