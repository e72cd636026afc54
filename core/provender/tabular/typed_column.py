"""Columns brought to a type, or the numbers of the rows that do not fit it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from provender.errors import RequestError, SourceError, value_text
from provender.plugin.kit.arrow_cast import cast_column, readable_as
from provender.tabular.python_values import array_of
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 12
"""How many rows that do not fit are named; one more is looked for."""

_SHOWN = 80
"""How many characters of a value are shown."""

_PLAIN: Mapping[str, type] = {
    "Bool": bool,
    "Bytes": bytes,
    "Float64": float,
    "Int64": int,
    "String": str,
}
"""Types whose values are Python values of one class, and all of them."""

Given = Any
"""A column as it was given: an Arrow array, or a list of Python values."""


class DoesNotFit(Exception):  # noqa: N818 - never reaches users
    """A column, or some of its rows, cannot be read as a type.

    Attributes:
        rows: The numbers of the first such rows; empty when it is the column as a whole.
        got: What was found in the first of them, shortened.
        path: Where in the value of that row, such as ``[3].lat``; empty: it is the whole value.
    """

    def __init__(self, rows: list[int], got: str, path: str = "") -> None:
        super().__init__(got)
        self.rows = rows
        self.got = got
        self.path = path


def typed(column: Given, kind: FeatureType, *, exact_floats: bool = False) -> pa.Array:
    """Return a column as one array of a feature type.

    Args:
        column: An Arrow array, or a list of Python values.
        kind: The type.
        exact_floats: Whether floats that are whole numbers are read as integers.

    Raises:
        DoesNotFit: With the rows that do not fit.
    """
    return _read(column, _reader(kind, exact_floats=exact_floats), kind)


def entity_misfit(name: str, error: DoesNotFit, kind: FeatureType, first: int = 0) -> RequestError:
    """Return the error for a column of the entity rows that is not of its type.

    Args:
        name: The column.
        error: What does not fit.
        kind: The type.
        first: The number of the first row of the column.
    """
    where = f"row {first + error.rows[0]}: " if error.rows else ""
    fact = f"column {name!r} of the entity rows holds a value of another type"
    return RequestError(fact, got=f"{where}{error.got}", allowed=str(kind))


def is_typed(values: Sequence[Any], kind: FeatureType) -> bool:
    """Return whether Python values are of a type as they are, so that nothing has to be converted.

    False also where only a conversion would show it.
    """
    wanted = _PLAIN.get(kind.name)
    if wanted is None or not {wanted, type(None)}.issuperset(map(type, values)):
        return False
    if wanted is not int:
        return True
    numbers = [value for value in values if value is not None]
    return not numbers or (min(numbers) >= -(2**63) and max(numbers) < 2**63)


def _reader(kind: FeatureType, *, exact_floats: bool = False) -> Callable[[Given], pa.Array]:
    """Return what reads a column, or a part of one, as a feature type."""
    import pyarrow as pa

    field = pa.field("", kind.arrow())

    def read(part: Given) -> pa.Array:
        array = array_of(part, kind) if isinstance(part, list) else part
        if exact_floats and pa.types.is_floating(array.type) and pa.types.is_integer(field.type):
            array = array.cast(field.type)  # refuses what is not a whole number
        if not readable_as(array.type, kind):
            raise TypeError(str(array.type))
        return _whole(array if array.type == field.type else cast_column(array, field))

    return read


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


def _read(
    column: Given, read: Callable[[Given], pa.Array], kind: FeatureType | None = None
) -> pa.Array:
    misfit = _misfit_errors()
    try:
        return read(column)
    except misfit as error:
        rows = _misfits(column, 0, read, misfit)
        whole = not rows or (len(rows) == min(len(column), MOST_ROWS + 1) and _has_type(column))
        if whole:
            got = str(column.type) if _has_type(column) else str(error)
            raise DoesNotFit([], got) from error
        value = column[rows[0]]
        value = value.as_py() if hasattr(value, "as_py") else value
        path, part = _innermost(value, kind) if kind else ("", value)
        got = f"{value_text(part, _SHOWN)} ({type(part).__name__})"
        raise DoesNotFit(rows, got, path) from error


def _misfit_errors() -> tuple[type[Exception], ...]:
    """Return what is raised for a value of another type."""
    import pyarrow as pa

    return (pa.ArrowException, SourceError, TypeError, ValueError, OverflowError, AttributeError)


def _has_type(column: Given) -> bool:
    return not isinstance(column, list)


def _innermost(value: Any, kind: FeatureType) -> tuple[str, Any]:
    """Return the smallest part of a value that does not fit its type, with its path."""
    for step, part, inner in _parts(value, kind):
        try:
            _reader(inner)([part])
        except _misfit_errors():
            path, smallest = _innermost(part, inner)
            return step + path, smallest
    return "", value


def _parts(value: Any, kind: FeatureType) -> Iterator[tuple[str, Any, FeatureType]]:
    """Return the parts of a nested value: the step to each, the part, and the type that it has."""
    if kind.name == "Array" and isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield f"[{number}]", item, kind.items[0]
    elif kind.name == "Map" and _is_map(value):
        for key, item in value.items() if isinstance(value, Mapping) else value:
            step = f"[{value_text(key, _SHOWN)}]"
            yield f"{step} (the key)", key, kind.items[0]
            yield step, item, kind.items[1]
    elif kind.name == "Struct" and isinstance(value, Mapping):
        for label, inner in zip(kind.labels, kind.items, strict=True):
            yield f".{label}", value.get(label), inner


def _is_map(value: Any) -> bool:
    """Whether a value is a map, as a mapping or a list of pairs."""
    pairs = isinstance(value, list) and all(isinstance(p, tuple | list) for p in value)
    return isinstance(value, Mapping) or (pairs and all(len(pair) == 2 for pair in value))


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
