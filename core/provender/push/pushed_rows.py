"""Rows as a program passes them: a DataFrame, an Arrow table, dicts or columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provender.errors import RequestError, listed, value_text
from provender.frames import is_missing
from provender.names import repeated

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ALLOWED = "a pandas DataFrame, an Arrow table or record batch, a list of dicts, a dict of columns"


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
class PushedRows:
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


def pushed_rows(rows: Any) -> PushedRows:
    """Return rows as their columns.

    Args:
        rows: `PushedRows` as they are, or a pandas DataFrame, an Arrow table or record batch, a
            list of dicts (a name that a row lacks is null there), or a dict of one sequence per
            column.

    Raises:
        RequestError: They are nothing of that, their columns differ in length, or two of them
            have one name.
    """
    import pyarrow as pa

    if isinstance(rows, PushedRows):
        return rows
    if isinstance(rows, pa.Table | pa.RecordBatch):
        return _of_arrow(pa.table(rows))
    if isinstance(rows, Mapping):
        return _of_columns(rows)
    if _is_frame(rows):
        return _of_frame(rows)
    if isinstance(rows, Sequence) and all(isinstance(row, Mapping) for row in rows):
        return _of_dicts(rows)
    raise RequestError(
        "the rows have an unsupported type", got=type(rows).__name__, allowed=ALLOWED
    )


def _is_frame(rows: object) -> bool:
    """Whether these are pandas' rows; pandas is not imported to know it."""
    return type(rows).__module__.partition(".")[0] == "pandas" and hasattr(rows, "columns")


def _of_arrow(table: pa.Table) -> PushedRows:
    _refuse_doubles(table.column_names)
    columns = dict(zip(table.column_names, table.columns, strict=True))
    return PushedRows(columns, table.num_rows)


def _of_frame(frame: pd.DataFrame) -> PushedRows:
    names = [str(name) for name in frame.columns]
    _refuse_doubles(names)
    columns = {name: _series(frame.iloc[:, place]) for place, name in enumerate(names)}
    return PushedRows(columns, len(frame), exact_floats=True)


def _series(series: pd.Series) -> pa.ChunkedArray | list[Any]:
    """Return one column of a frame; a list where pandas holds objects, whose type is to be told."""
    import pyarrow as pa

    if series.dtype == object:
        return [None if is_missing(value) else value for value in series]
    column = pa.Array.from_pandas(series)
    return column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])


def _of_dicts(rows: Sequence[Mapping[str, Any]]) -> PushedRows:
    names = dict.fromkeys(str(name) for row in rows for name in row)
    return PushedRows({name: [row.get(name) for row in rows] for name in names}, len(rows))


def _of_columns(columns: Mapping[str, Any]) -> PushedRows:
    found = {str(name): _column(str(name), values) for name, values in columns.items()}
    lengths = {name: len(column) for name, column in found.items()}
    if len(set(lengths.values())) > 1:
        raise RequestError("the columns differ in length", got=str(lengths))
    return PushedRows(found, next(iter(lengths.values()), 0))


def _column(name: str, values: Any) -> pa.ChunkedArray | list[Any]:
    import pyarrow as pa

    if isinstance(values, pa.ChunkedArray):
        return values
    if isinstance(values, pa.Array):
        return pa.chunked_array([values])
    if hasattr(values, "dtype"):
        return _of_numpy(values)
    if isinstance(values, Iterable) and not isinstance(values, str | bytes | Mapping):
        return list(values)
    allowed = "a list, an Arrow array or a numpy array"
    raise RequestError(
        f"column {name!r} is not a sequence", got=value_text(values), allowed=allowed
    )


def _of_numpy(values: Any) -> pa.ChunkedArray | list[Any]:
    """Return a column of a numpy array or a pandas Series; NaN stays what it is in numpy's."""
    import pyarrow as pa

    if hasattr(values, "iloc"):
        return _series(values)
    if values.dtype == object or values.ndim != 1:
        return list(values)
    return pa.chunked_array([pa.array(values, from_pandas=False)])


def _refuse_doubles(names: Sequence[str]) -> None:
    doubles = repeated(names)
    if doubles:
        raise RequestError("two columns have the same name", got=listed(doubles))
