"""PostgreSQL's types as Arrow's, and back; what has no Arrow type is left opaque."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.types as at

from provender.errors import StoreError
from provender.types import is_list

if TYPE_CHECKING:
    from psycopg import Column

_UTC = pa.timestamp("us", "UTC")
_TYPES: dict[int, pa.DataType] = {
    16: pa.bool_(),
    17: pa.binary(),
    19: pa.string(),  # name
    20: pa.int64(),
    21: pa.int16(),
    23: pa.int32(),
    25: pa.string(),
    114: pa.json_(pa.string()),
    700: pa.float32(),
    701: pa.float64(),
    1042: pa.string(),  # character(n)
    1043: pa.string(),  # character varying
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: _UTC,
    2950: pa.uuid(),
    3802: pa.json_(pa.string()),  # jsonb
}
_NUMERIC = 1700
_MOST_DIGITS = 38
"""The most digits of a feature; a number of more is left opaque."""
_ARRAYS = {
    1000: 16, 1001: 17, 1005: 21, 1007: 23, 1016: 20, 1009: 25, 1015: 1043, 1021: 700, 1022: 701,
    1115: 1114, 1182: 1082, 1185: 1184,
}  # fmt: skip
"""The types of arrays, and of what is in them: PostgreSQL's built-in numbers never change."""
_NAMES: tuple[tuple[Any, str], ...] = (
    (at.is_boolean, "boolean"),
    (lambda t: at.is_int64(t) or at.is_uint32(t), "bigint"),
    (at.is_uint64, "numeric(20, 0)"),
    (at.is_integer, "integer"),
    (lambda t: at.is_float32(t) or at.is_float16(t), "real"),
    (at.is_float64, "double precision"),
    (lambda t: at.is_string(t) or at.is_large_string(t) or at.is_string_view(t), "text"),
    (lambda t: at.is_binary(t) or at.is_large_binary(t) or at.is_fixed_size_binary(t), "bytea"),
    (lambda t: at.is_timestamp(t) and t.tz is not None, "timestamptz"),
    (at.is_timestamp, "timestamp"),
    (at.is_date, "date"),
)


def arrow_type(column: Column) -> pa.DataType:
    """Return the Arrow type of a column of a result."""
    number = column.type_code
    if number == _NUMERIC and column.precision and column.precision <= _MOST_DIGITS:
        return pa.decimal128(column.precision, column.scale or 0)
    if number in _ARRAYS:
        return pa.list_(_TYPES[_ARRAYS[number]])
    return _TYPES.get(number, _opaque(column))


def _opaque(column: Column) -> pa.DataType:
    return pa.opaque(pa.string(), column.type_display, "PostgreSQL")


def arrow_column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Return the values that psycopg read as an Arrow array.

    Raises:
        StoreError: A value does not fit, such as a timestamp without end or a nested array.
    """
    try:
        if kind == pa.uuid():
            values = [None if value is None else value.bytes for value in values]
        storage = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
        made = pa.array(values, storage)
        return made if storage is kind else pa.ExtensionArray.from_storage(kind, made)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise StoreError("a value of PostgreSQL does not fit", got=f"{kind}: {error}") from error


def type_name(kind: pa.DataType) -> str:
    """Return the PostgreSQL type that holds values of an Arrow type.

    Raises:
        StoreError: None does.
    """
    if at.is_dictionary(kind):
        return type_name(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        known = {"arrow.uuid": "uuid", "arrow.json": "json"}
        if kind.extension_name in known:
            return known[kind.extension_name]
    if at.is_decimal(kind):
        return f"numeric({kind.precision}, {kind.scale})"
    if is_list(kind):
        return f"{type_name(kind.value_type)}[]"
    for test, name in _NAMES:
        if test(kind):
            return name
    raise StoreError("PostgreSQL has no type for a column", got=str(kind))
