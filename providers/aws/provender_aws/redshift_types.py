"""Redshift's types as Arrow's, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.types as at

from provender.errors import StoreError
from provender.types import is_list

LONGEST_TEXT = 65_535
"""The most bytes of a VARCHAR."""
_UTC = pa.timestamp("us", "UTC")
SUPER = pa.null()
"""What stands for SUPER, which may hold anything and is read as the type that is declared."""
_TYPES: dict[str, pa.DataType] = {
    "bool": pa.bool_(),
    "int2": pa.int16(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float4": pa.float32(),
    "float8": pa.float64(),
    "bpchar": pa.string(),
    "char": pa.string(),
    "varchar": pa.string(),
    "text": pa.string(),
    "name": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "timestamptz": _UTC,
    "varbyte": pa.binary(),
    "super": SUPER,
}
_NAMES: tuple[tuple[Any, str], ...] = (
    (at.is_boolean, "BOOLEAN"),
    (lambda t: at.is_int64(t) or at.is_uint32(t), "BIGINT"),
    (at.is_uint64, "DECIMAL(20, 0)"),
    (at.is_integer, "INTEGER"),
    (lambda t: at.is_float32(t) or at.is_float16(t), "REAL"),
    (at.is_float64, "DOUBLE PRECISION"),
    (
        lambda t: at.is_string(t) or at.is_large_string(t) or at.is_string_view(t) or at.is_null(t),
        f"VARCHAR({LONGEST_TEXT})",
    ),
    (
        lambda t: at.is_binary(t) or at.is_large_binary(t) or at.is_fixed_size_binary(t),
        "VARBYTE(1024000)",
    ),
    (at.is_timestamp, "TIMESTAMP"),
    (at.is_date, "DATE"),
    (is_list, "SUPER"),
)


def arrow_type(column: Mapping[str, Any]) -> pa.DataType:
    """Return the Arrow type of a column as the Data API describes it."""
    name = column["typeName"]
    if name in ("numeric", "decimal"):
        return pa.decimal128(column.get("precision") or 18, column.get("scale") or 0)
    return _TYPES.get(name, pa.opaque(pa.string(), name, "Redshift"))


def type_name(kind: pa.DataType) -> str:
    """Return the Redshift type that holds values of an Arrow type.

    Timestamps with a zone are held in UTC as ``TIMESTAMP``, since Parquet files of Redshift know
    no zones.

    Raises:
        StoreError: None does.
    """
    if at.is_dictionary(kind):
        return type_name(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == "arrow.uuid":
            return "VARCHAR(36)"
        return type_name(kind.storage_type)
    if at.is_decimal(kind):
        return f"DECIMAL({kind.precision}, {kind.scale})"
    for test, name in _NAMES:
        if test(kind):
            return name
    raise StoreError("Redshift has no type for a column", got=str(kind))
