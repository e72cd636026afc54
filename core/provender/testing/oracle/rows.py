"""Arrow tables as lists of dicts, exactly: the only form that the oracle knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from provender.types import with_scalars

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
    """Build an array; pyarrow builds extension types, also nested ones, only by a cast."""
    import pyarrow as pa

    plain = with_scalars(arrow, _storage)
    if plain == arrow:
        return pa.array(values, arrow)
    return pa.array(list(map(_raw, values)), plain).cast(arrow)


def _storage(scalar: pa.DataType) -> pa.DataType:
    import pyarrow as pa

    return scalar.storage_type if isinstance(scalar, pa.BaseExtensionType) else scalar


def _raw(value: Any) -> Any:
    """Return a value with each UUID in it as its bytes."""
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, list | tuple):
        return type(value)(map(_raw, value))
    if isinstance(value, dict):
        return {name: _raw(inner) for name, inner in value.items()}
    return value
