"""Arrow tables as DataFrames and as HTML, and values of numpy and pandas as Python has them."""

from __future__ import annotations

import decimal
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from html import escape
from typing import TYPE_CHECKING, Any

from provender.errors import MissingExtra, count_text, value_text

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

_MOST_ROWS, _MOST_COLUMNS, _MOST_LETTERS = 10, 20, 80
"""How much of a table is shown as HTML."""


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return a table as a DataFrame with a new index.

    Integer columns that hold nulls become pandas' nullable integers, since floats would round
    beyond 2^53. In float columns pandas shows null as NaN; the Arrow table tells them apart.
    """
    import pandas as pd
    import pyarrow as pa
    import pyarrow.types as at

    frame: pd.DataFrame = table.to_pandas()
    nullable = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if at.is_integer(field.type) and column.null_count:
            exact = column.to_pandas(types_mapper=nullable.get)
            frame.isetitem(place, exact)
    return frame


def to_polars(table: pa.Table) -> pl.DataFrame:
    """Return a table as a DataFrame of polars, which has JSON as text and UUIDs as bytes.

    Raises:
        MissingExtra: polars is not installed.
    """
    import pyarrow as pa

    try:
        import polars as pl
    except ImportError as error:
        raise MissingExtra("polars is not installed", fix="pip install polars") from error
    for place, field in enumerate(table.schema):
        if isinstance(field.type, pa.JsonType):
            text = table.column(place).cast(field.type.storage_type)
            table = table.set_column(place, field.name, text)
    return pl.DataFrame(table)


def html_table(columns: Mapping[str, Sequence[Any]], rows: int) -> str:
    """Return the beginning of a table as HTML, values escaped and cut.

    Args:
        columns: The values of each column.
        rows: How many rows there are.
    """
    shown = dict(list(columns.items())[:_MOST_COLUMNS])
    head = "".join(f"<th>{escape(str(name))}</th>" for name in shown)
    lines = [
        "".join(f"<td>{escape(_short(values[row]))}</td>" for values in shown.values())
        for row in range(min(rows, _MOST_ROWS))
    ]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    size = f"{count_text(rows, 'row')}, {count_text(len(columns), 'column')}"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{size}</p>"


def _short(value: object) -> str:
    if isinstance(value, str) and len(value) <= _MOST_LETTERS:
        return value
    return value_text(value, _MOST_LETTERS)


def own_values(values: Sequence[Any]) -> Sequence[Any]:
    """Return values of numpy, pandas and pyarrow as Python's own, missing ones as None."""
    if _OWN.issuperset(map(type, values)):
        return values
    return [value if type(value) in _OWN else _own_value(value) for value in values]


def _own_value(value: Any) -> Any:
    kind = type(value)
    library = kind.__module__.partition(".")[0]
    if library in _THEIRS and kind.__name__ in _NEVER_THERE:
        return None
    if library == "pandas":
        found = getattr(value, "to_pydatetime", None) or getattr(value, "to_pytimedelta", None)
        return found() if found else value
    if library == "pyarrow":
        return value.as_py() if hasattr(value, "as_py") else value
    if library != "numpy":
        return value
    if getattr(value, "dtype", None) is not None and value.dtype.kind in "mM":
        if value.shape == () and value != value:  # NaT
            return None
        value = value.astype(f"{'timedelta64' if value.dtype.kind == 'm' else 'datetime64'}[us]")
    return value.tolist() if hasattr(value, "tolist") else value


_OWN = frozenset(
    {
        *(bool, int, float, str, bytes, type(None), list, tuple, dict),
        *(datetime, date, time, timedelta, decimal.Decimal, uuid.UUID),
    }
)


def is_missing(value: Any) -> bool:
    """Return whether pandas, or numpy, would take a value for a missing one.

    That is None, NaN, NaT and pandas' NA. Neither library is imported to know it.
    """
    kind = type(value)
    if kind.__module__.partition(".")[0] not in _THEIRS:
        return value is None or (isinstance(value, float) and value != value)
    if kind.__name__ in _NEVER_THERE:
        return True
    return getattr(value, "shape", None) == () and bool(value != value)


_THEIRS = frozenset({"pandas", "numpy"})
_NEVER_THERE = frozenset({"NAType", "NaTType"})
