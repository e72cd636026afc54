"""Arrow tables as pandas DataFrames, without the loss of whole numbers beside nulls."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
