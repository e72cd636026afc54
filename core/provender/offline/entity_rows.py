"""Entity rows as people give them: a DataFrame, an Arrow table, a Parquet path or SQL text."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provender.errors import RequestError, value_text
from provender.plugin.contract.plan import ParquetSpine, Spine, SqlSpine, TableSpine

if TYPE_CHECKING:
    import pyarrow as pa

_ALLOWED = "a pandas DataFrame, a pyarrow Table, the path of a Parquet file, or SQL text"


def to_spine(entity_rows: Any) -> Spine:
    """Return entity rows as a spine.

    Args:
        entity_rows: A pandas DataFrame (its index is not part of the rows), a pyarrow Table or
            RecordBatch, a path (``Path``, or text that ends in ``.parquet``), or SQL text.

    Raises:
        RequestError: It is none of these, or a column has values of several types.
    """
    import pyarrow as pa

    if isinstance(entity_rows, Path):
        return ParquetSpine(str(entity_rows))
    if isinstance(entity_rows, str):
        is_path = entity_rows.strip().endswith(".parquet")
        return ParquetSpine(entity_rows.strip()) if is_path else SqlSpine(entity_rows)
    if isinstance(entity_rows, pa.Table):
        return TableSpine(entity_rows)
    if isinstance(entity_rows, pa.RecordBatch):
        return TableSpine(pa.Table.from_batches([entity_rows]))
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(entity_rows, pandas.DataFrame):
        return TableSpine(_from_pandas(entity_rows))
    raise RequestError(
        "the entity rows have an unsupported type", got=type(entity_rows).__name__, allowed=_ALLOWED
    )


def _from_pandas(frame: Any) -> pa.Table:
    import pyarrow as pa

    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        raise RequestError(
            "the entity rows have two columns of the same name", got=value_text(names)
        )
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise RequestError(
            "a column of the entity rows has values of several types",
            got=str(error),
            fix="give each column one type, for example with DataFrame.astype",
        ) from error
    return table.replace_schema_metadata(None)
