"""Arrow tables as lists of dicts, exactly: the only form that the oracle knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, Any]
"""One row of plain Python values by column name."""


def rows_of(table: pa.Table | pa.RecordBatchReader) -> list[dict[str, Any]]:
    """Return the rows of a table, or of all that a reader still gives, in their order.

    Raises:
        ValueError: Two columns have the same name.
    """
    columns = table.schema.names
    if len(set(columns)) < len(columns):
        raise ValueError(f"two columns have the same name: {columns}")
    whole = table if hasattr(table, "num_rows") else table.read_all()
    lists = [whole.column(i).to_pylist() for i in range(whole.num_columns)]
    if not columns:
        return [{} for _ in range(whole.num_rows)]
    return [dict(zip(columns, values, strict=True)) for values in zip(*lists, strict=True)]


def table_of(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Return rows as an Arrow table of the given schema."""
    import pyarrow as pa

    columns = [_column([row[field.name] for row in rows], field.type) for field in schema]
    return pa.table(columns, schema=schema)


def _column(values: list[Any], arrow: pa.DataType) -> pa.Array:
    """Build an array; extension types go through their storage, which accepts every null."""
    import pyarrow as pa

    if not isinstance(arrow, pa.BaseExtensionType):
        return pa.array(values, arrow)
    raw = [getattr(value, "bytes", value) for value in values]
    return pa.ExtensionArray.from_storage(arrow, pa.array(raw, arrow.storage_type))
