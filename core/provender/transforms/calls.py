"""How functions are called: with a DataFrame, a dict of lists, an Arrow table, or row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from provender.errors import did_you_mean, listed, value_text
from provender.frames import is_missing, to_frame
from provender.tabular.typed_column import typed
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

Columns = Mapping[str, Sequence[Any]]
Function = Callable[..., Any]
Types = Mapping[str, FeatureType]


class Misfit(Exception):  # noqa: N818 - becomes a TransformError
    """A function returned something of another type than it declares.

    Attributes:
        got: What it returned.
        allowed: What it has to return.
    """

    def __init__(self, fact: str, got: str | None = None, allowed: str | None = None) -> None:
        super().__init__(fact)
        self.got = got
        self.allowed = allowed


class Misshaped(Misfit):
    """A function did not return its features, or not one value for each row."""


def _frames(
    function: Function, columns: Columns, rows: int, types: Types, names: Sequence[str]
) -> dict[str, Any]:
    """Call a function with a DataFrame.

    In what it returns NaN means null, as everywhere in pandas.
    """
    import pandas as pd

    frame = to_frame(_table(columns, types))
    if not types:
        frame = pd.DataFrame(index=range(rows))
    given = function(frame)
    if not isinstance(given, pd.DataFrame):
        raise Misshaped("its function returned no DataFrame", value_text(type(given).__name__))
    _check_names([str(name) for name in given.columns], names)
    _check_rows(len(given), rows)
    if not given.index.equals(pd.RangeIndex(rows)):
        raise Misshaped(
            "its function returned rows in another order",
            f"the index {value_text(list(given.index[:12]))}",
            "the index of the DataFrame that it is given, or a new one from 0",
        )
    return {name: _series(given[name]) for name in names}


def _series(series: Any) -> Any:
    """Return a column of a DataFrame; a list where pandas holds objects."""
    import pyarrow as pa

    if series.dtype == object:
        return [None if is_missing(value) else value for value in series]
    column = pa.Array.from_pandas(series)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _lists(
    function: Function, columns: Columns, rows: int, _: Types, names: Sequence[str]
) -> dict[str, Any]:
    """Call a function with a dict of lists."""
    given = _mapping(function({name: _python(column) for name, column in columns.items()}), names)
    found: dict[str, Any] = {}
    for name in names:
        values = given[name]
        if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
            got, allowed = value_text(values), "a list with a value for each row"
            raise Misshaped(f"its function returned no list as {name!r}", got, allowed)
        _check_rows(len(values), rows, name)
        found[name] = [value.item() if _is_numpy(value) else value for value in values]
    return found


def _single_rows(
    function: Function, columns: Columns, rows: int, _: Types, names: Sequence[str]
) -> dict[str, Any]:
    """Call a function with a dict of values, once for each row."""
    lists = [_python(column) for column in columns.values()]
    found: dict[str, list[Any]] = {name: [] for name in names}
    for row in zip(*lists, strict=True) if lists else [()] * rows:
        given = _mapping(function(dict(zip(columns, row, strict=True))), names)
        for name in names:
            value = given[name]
            found[name].append(value.item() if _is_numpy(value) else value)
    return found


def _tables(
    function: Function, columns: Columns, rows: int, types: Types, names: Sequence[str]
) -> dict[str, Any]:
    """Call a function with an Arrow table; it may return a table, a record batch, or arrays."""
    import pyarrow as pa

    given = function(_table(columns, types))
    if isinstance(given, pa.RecordBatch):
        given = pa.Table.from_batches([given])
    if isinstance(given, pa.Table):
        given = dict(zip(given.column_names, given.columns, strict=True))
    given = _mapping(given, names)
    found: dict[str, Any] = {}
    for name in names:
        column = given[name]
        if not isinstance(column, pa.Array | pa.ChunkedArray):
            got = value_text(type(column).__name__)
            raise Misshaped(f"its function returned no Arrow array as {name!r}", got)
        _check_rows(len(column), rows, name)
        found[name] = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return found


CALLS: Final[Mapping[str, Callable[..., dict[str, Any]]]] = {
    "pandas": _frames,
    "python": _lists,
    "singleton": _single_rows,
    "arrow": _tables,
}
"""How a function of each mode is called: with the function, its columns, how many rows there are,
their types, and the names of the features that it has to return."""


def _table(columns: Columns, types: Types) -> pa.Table:
    import pyarrow as pa

    arrays = {
        name: typed(column, types[name]) if isinstance(column, list | tuple) else column
        for name, column in columns.items()
    }
    return pa.table(arrays)


def _python(column: Any) -> list[Any]:
    found: list[Any] = column.to_pylist() if hasattr(column, "to_pylist") else list(column)
    return found


def _mapping(given: Any, names: Sequence[str]) -> Mapping[str, Any]:
    """Return what a function returned.

    Raises:
        Misshaped: It is no dict, or lacks a feature.
    """
    if not isinstance(given, Mapping):
        raise Misshaped("its function returned no dict", value_text(given), listed(names))
    _check_names(list(given), names)
    return given


def _check_names(given: Sequence[str], names: Sequence[str]) -> None:
    for name in names:
        if name not in given:
            close = did_you_mean(name, [str(other) for other in given])
            fact = f"its function did not return the feature {name!r}"
            raise Misshaped(f"{fact}; {close}" if close else fact, listed(map(str, given)))


def _check_rows(given: int, rows: int, name: str = "") -> None:
    if given != rows:
        what = f" as {name!r}" if name else ""
        fact = f"its function returned another number of rows{what}"
        raise Misshaped(fact, str(given), str(rows))


def _is_numpy(value: Any) -> bool:
    """Whether a value is a scalar of numpy, which is not imported to know it."""
    return type(value).__module__ == "numpy" and getattr(value, "shape", None) == ()
