"""`GivenRows`: rows as a program passes them, of whatever library, as their columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from provender.errors import RequestError, listed, value_text
from provender.frames import is_missing
from provender.names import repeated
from provender.types import with_scalars

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ALLOWED = (
    "a DataFrame of pandas or polars, an Arrow table, record batches or whatever else has "
    "__arrow_c_stream__, a list of dicts, a dict of columns"
)
_LARGEST = 2**31 - 1
"""How many bytes a column of text can have in one chunk whose offsets have 32 bits."""


@dataclass(frozen=True)
class RowFile:
    """The file that rows were read from.

    Attributes:
        name: What people call it.
        lines: Returns the line on which each row begins, counted from 1; None: it has no lines.
    """

    name: str
    lines: Callable[[], Sequence[int]] | None = None

    def place(self, row: int) -> str:
        """Return the place of a row, as ``file:line`` where there are lines."""
        return self.name if self.lines is None else f"{self.name}:{self.lines()[row]}"


@dataclass(frozen=True)
class GivenRows:
    """The columns of some rows, each still as it was given.

    Attributes:
        columns: Each column by its name: an Arrow array, or a list of Python values.
        count: How many rows there are.
        exact_floats: Whether whole numbers may come as floats, as pandas makes them beside nulls.
        file: Where they were read from, if it was a file.
    """

    columns: Mapping[str, pa.ChunkedArray | list[Any]]
    count: int
    exact_floats: bool = False
    file: RowFile | None = None

    def numbered(self, rows: Sequence[int], *, more: str = "") -> str:
        """Return what people call some rows: their lines in a file of text, else their positions.

        Args:
            rows: Their positions, counted from 0.
            more: What follows the numbers.
        """
        lines = self.file.lines() if self.file and self.file.lines else None
        numbers = rows if lines is None else [lines[row] for row in rows]
        what = ("row" if lines is None else "line") + ("s" if len(rows) > 1 else "")
        return f"{what} {', '.join(map(str, numbers))}{more}"

    def place(self, rows: Sequence[int]) -> str | None:
        """Return the place of the first of some rows, if they were read from a file."""
        return self.file.place(rows[0]) if self.file and rows else None


def given_rows(rows: Any, what: str = "rows") -> GivenRows:
    """Return rows as their columns.

    Args:
        rows: `GivenRows` as they are, a pandas DataFrame (its index is not part of the rows),
            whatever has ``__arrow_c_stream__`` or ``__arrow_c_array__`` (tables and record batches
            of pyarrow, DataFrames of polars, relations of DuckDB, tables of ibis), a LazyFrame of
            polars, which is collected, a list of dicts (a name that a row lacks is null there), a
            dict of one sequence per column, or an iterator of record batches or dicts.
        what: What people call the rows.

    Raises:
        RequestError: They are nothing of that, cannot be read, their columns differ in length, or
            two of them have one name.
    """
    if isinstance(rows, GivenRows):
        return rows
    if isinstance(rows, Mapping):
        return _of_columns(rows, what)
    if _is_frame(rows):
        return _of_frame(rows, what)
    if _is_arrow(rows) or _is_lazy_frame(rows):
        return _of_arrow([rows], what)
    rows = at_hand(rows, what)
    if isinstance(rows, Sequence) and all(isinstance(row, Mapping) for row in rows):
        return _of_dicts(rows)
    if isinstance(rows, Sequence) and all(map(_is_arrow, rows)):
        return _of_arrow(rows, what)
    raise RequestError(
        f"the {what} have an unsupported type", got=type(rows).__name__, allowed=ALLOWED
    )


def at_hand(rows: Any, what: str = "rows") -> Any:
    """Return the items of an iterator as a list, and anything else as it is.

    Raises:
        RequestError: The iterator failed.
    """
    if isinstance(rows, Iterator) and not _is_arrow(rows):
        return _read(lambda: list(rows), what)
    return rows


def as_table(rows: GivenRows, what: str = "rows") -> pa.Table:
    """Return rows as a table; lists of values get the type that the values have.

    Args:
        rows: The rows.
        what: What people call them.

    Raises:
        RequestError: A list holds values of several types, or of one that Arrow does not have.
    """
    import pyarrow as pa

    columns = [inferred(name, column, what) for name, column in rows.columns.items()]
    return pa.Table.from_arrays(columns, names=list(rows.columns))


def inferred(name: str, column: pa.ChunkedArray | list[Any], what: str = "rows") -> Any:
    """Return a column as Arrow; a list of values gets the type that the values have.

    Args:
        name: The column's name.
        column: The column, as `GivenRows` has it.
        what: What people call the rows.

    Raises:
        RequestError: A list holds values of several types, or of one that Arrow does not have.
    """
    import pyarrow as pa

    if not isinstance(column, list):
        return column
    try:
        return pa.array(column, from_pandas=False)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise RequestError(
            f"a column of the {what} has values of several types",
            got=f"{name!r}: {error}",
            fix="give each column one type, for example with DataFrame.astype",
        ) from error


def given_column(name: str, values: Any) -> pa.ChunkedArray | list[Any]:
    """Return one column as Arrow where it has a type, else as a list of Python values.

    Args:
        name: Its name.
        values: A list or another iterable, an Arrow array or whatever else has
            ``__arrow_c_stream__`` or ``__arrow_c_array__``, a numpy array or a pandas Series.

    Raises:
        RequestError: It is nothing of that.
    """
    if isinstance(values, list | tuple):
        return list(values)
    import pyarrow as pa

    if hasattr(values, "iloc") and hasattr(values, "dtype"):
        return _read(lambda: _series(values), f"values of column {name!r}")
    if _is_arrow(values):
        return _read(lambda: _plain(pa.chunked_array(values)), f"values of column {name!r}")
    if hasattr(values, "dtype") and getattr(values, "ndim", 0) > 0:
        return _of_numpy(values)
    iterable = isinstance(values, Iterable) and getattr(values, "ndim", None) != 0
    if iterable and not isinstance(values, str | bytes | Mapping):
        return list(values)
    allowed = "a list, an Arrow array, a Series or a numpy array"
    raise RequestError(
        f"column {value_text(name)} is not a sequence", got=value_text(values), allowed=allowed
    )


def python_values(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """Return the values of a column as Python has them, instants to the µs."""
    import pyarrow as pa
    import pyarrow.types as at

    def in_us(kind: pa.DataType) -> pa.DataType:
        if at.is_timestamp(kind) and kind.unit == "ns":
            return pa.timestamp("us", kind.tz)
        if at.is_duration(kind) and kind.unit == "ns":
            return pa.duration("us")
        return pa.time64("us") if kind == pa.time64("ns") else kind

    wanted = with_scalars(column.type, in_us)
    if wanted != column.type:
        column = column.cast(wanted, safe=False)
    values: list[Any] = column.to_pylist()
    return values


def _is_frame(rows: object) -> bool:
    """Whether these are pandas' rows; pandas is not imported to know it."""
    return type(rows).__module__.partition(".")[0] == "pandas" and hasattr(rows, "columns")


def _is_lazy_frame(rows: object) -> bool:
    """Whether these are rows that polars has still to read; it is not imported to know it."""
    kind = type(rows)
    return kind.__name__ == "LazyFrame" and kind.__module__.partition(".")[0] == "polars"


def _is_arrow(rows: object) -> bool:
    """Whether an object, not a class, offers its data by Arrow's interface."""
    offers = hasattr(rows, "__arrow_c_stream__") or hasattr(rows, "__arrow_c_array__")
    return offers and not isinstance(rows, type)


def _read(work: Callable[[], Any], what: str) -> Any:
    """Return what comes of reading rows of another library.

    Raises:
        RequestError: It failed.
    """
    try:
        return work()
    except RequestError:
        raise
    except Exception as error:  # whoever made the rows may raise anything
        raise RequestError(
            f"the {what} cannot be read", got=f"{type(error).__name__}: {error}"
        ) from error


def _of_arrow(parts: Sequence[Any], what: str) -> GivenRows:
    import pyarrow as pa

    tables = _read(lambda: [_table(part) for part in parts], what)
    for table in tables:
        _refuse_doubles(table.column_names)
    whole = _read(lambda: pa.concat_tables(tables), what) if len(tables) > 1 else tables[0]
    columns = {
        name: _read(partial(_plain, column), what)
        for name, column in zip(whole.column_names, whole.columns, strict=True)
    }
    return GivenRows(columns, whole.num_rows)


def _table(rows: Any) -> pa.Table:
    import pyarrow as pa

    if _is_lazy_frame(rows):
        rows = rows.collect()
    return rows if isinstance(rows, pa.Table) else pa.table(rows)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without the layouts that many functions of Arrow do not know, as views."""
    import pyarrow as pa

    if not _has_views(column.type):
        return column
    if pa.types.is_dictionary(column.type):
        return pa.chunked_array([_plain_categories(chunk) for chunk in column.chunks])
    return column.cast(_without_views(column.type, large=column.nbytes > _LARGEST))


def _plain_categories(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """Return a column of categories whose texts are no views; Arrow has no cast for that."""
    import pyarrow as pa

    texts = _plain(pa.chunked_array([column.dictionary])).combine_chunks()
    return pa.DictionaryArray.from_arrays(column.indices, texts, ordered=column.type.ordered)


def _has_views(arrow: pa.DataType) -> bool:
    import pyarrow.types as at

    if at.is_dictionary(arrow):
        return _has_views(arrow.value_type)
    view = at.is_string_view(arrow) or at.is_binary_view(arrow)
    view = view or at.is_list_view(arrow) or at.is_large_list_view(arrow)
    inner = (arrow.field(place).type for place in range(arrow.num_fields))
    return bool(view) or any(map(_has_views, inner))


def _without_views(arrow: pa.DataType, *, large: bool) -> pa.DataType:
    import pyarrow as pa
    import pyarrow.types as at

    def inner(kind: pa.DataType) -> pa.DataType:
        return _without_views(kind, large=large)

    if at.is_string_view(arrow):
        return pa.large_string() if large else pa.string()
    if at.is_binary_view(arrow):
        return pa.large_binary() if large else pa.binary()
    if at.is_dictionary(arrow):
        return inner(arrow.value_type)
    if at.is_fixed_size_list(arrow):
        return pa.list_(inner(arrow.value_type), arrow.list_size)
    if at.is_large_list(arrow) or at.is_large_list_view(arrow):
        return pa.large_list(inner(arrow.value_type))
    if at.is_list(arrow) or at.is_list_view(arrow):
        return pa.list_(inner(arrow.value_type))
    if at.is_struct(arrow):
        return pa.struct([field.with_type(inner(field.type)) for field in arrow])
    if at.is_map(arrow):
        return pa.map_(inner(arrow.key_type), inner(arrow.item_type))
    return arrow


def _of_frame(frame: pd.DataFrame, what: str) -> GivenRows:
    names = [str(name) for name in frame.columns]
    _refuse_doubles(names)
    columns = {
        name: _read(partial(_series, frame.iloc[:, place]), f"{what} in column {name!r}")
        for place, name in enumerate(names)
    }
    return GivenRows(columns, len(frame), exact_floats=True)


def _series(series: pd.Series) -> pa.ChunkedArray | list[Any]:
    """Return one column of a frame; a list where pandas holds objects, whose type is to be told."""
    import pyarrow as pa

    if series.dtype == object:
        return [None if is_missing(value) else value for value in series]
    column = pa.Array.from_pandas(series)
    return _plain(column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column]))


def _of_dicts(rows: Sequence[Mapping[str, Any]]) -> GivenRows:
    names = dict.fromkeys(name for row in rows for name in row)
    texts = [str(name) for name in names]
    _refuse_doubles(texts)
    columns = {
        text: [row.get(name) for row in rows] for name, text in zip(names, texts, strict=True)
    }
    return GivenRows(columns, len(rows))


def _of_columns(columns: Mapping[str, Any], what: str) -> GivenRows:
    _refuse_doubles([str(name) for name in columns])
    found = {str(name): given_column(str(name), values) for name, values in columns.items()}
    lengths = {name: len(column) for name, column in found.items()}
    if len(set(lengths.values())) > 1:
        raise RequestError("the columns differ in length", got=value_text(lengths))
    return GivenRows(found, next(iter(lengths.values()), 0))


def _of_numpy(values: Any) -> pa.ChunkedArray | list[Any]:
    """Return a column of a numpy array; NaN stays what it is."""
    import pyarrow as pa

    if values.dtype == object or values.ndim != 1:
        return list(values)
    try:
        return pa.chunked_array([pa.array(values, from_pandas=False)])
    except (pa.ArrowException, TypeError, ValueError):
        return list(values)


def _refuse_doubles(names: Sequence[str]) -> None:
    doubles = repeated(names)
    if doubles:
        raise RequestError("two columns have the same name", got=listed(doubles))
