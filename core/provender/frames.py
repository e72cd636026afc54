"""Arrow tables as pandas DataFrames, and what pandas writes where a value is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


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
