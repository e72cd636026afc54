"""Arrow columns brought to the exact type of a feature, or refused with the reason."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from provender.errors import SourceError
from provender.types import FeatureType, from_arrow, is_list, is_partition

if TYPE_CHECKING:
    import pyarrow as pa

_INTEGERS = {"Int32", "Int64"}
_NUMBERS = {"Int32", "Int64", "Float32", "Float64"}
_READ_AS = {
    "Int32": _INTEGERS,
    "Int64": _INTEGERS,
    "Float32": _NUMBERS,
    "Float64": _NUMBERS,
    "UnixTimestamp": {"UnixTimestamp", "Date"},
    "Json": {"Json", "String"},
    "Uuid": {"Uuid", "String", "Bytes"},
    "Bytes": {"Bytes", "Uuid"},
    "Decimal": {"Decimal", *_INTEGERS},
}


def readable_as(stored: pa.DataType, wanted: FeatureType) -> bool:
    """Whether a stored column can be read as a feature type.

    Numbers convert when every value fits exactly (64-bit floats may be rounded to 32 bits);
    text reads as ``Json`` or ``Uuid``; a column of nothing but nulls reads as anything, and what
    only the names of folders say as any scalar type.
    """
    import pyarrow.types as at

    if at.is_null(stored):
        return True
    if is_partition(stored):
        return not wanted.items
    found = from_arrow(stored)
    return found is not None and _convertible(found, wanted)


def _convertible(found: FeatureType, wanted: FeatureType) -> bool:
    if found.name not in _READ_AS.get(wanted.name, {wanted.name}):
        return False
    same_shape = len(found.items) == len(wanted.items) and found.labels == wanted.labels
    return same_shape and all(map(_convertible, found.items, wanted.items))


def cast_rows(table: pa.Table | pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch | pa.Table:
    """Return `table` with exactly the columns and types of `schema`, by position.

    Raises:
        SourceError: A value does not fit its type.
    """
    columns = [
        column if column.type == field.type else cast_column(column, field)
        for column, field in zip(table.columns, schema, strict=True)
    ]
    return type(table).from_arrays(columns, schema=schema)


def cast_batches(batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Return each batch cast to `schema`, as they arrive.

    Raises:
        SourceError: A value does not fit its type.
    """
    for batch in batches:
        if batch.num_rows:
            yield cast_rows(batch, schema)


def cast_column(column: pa.Array, field: pa.Field) -> pa.Array:
    """Return a column as the type of `field`.

    Raises:
        SourceError: A value does not fit.
    """
    import pyarrow as pa
    import pyarrow.types as at

    try:
        if isinstance(field.type, pa.BaseExtensionType):
            return _extension(column, field.type)
        if at.is_timestamp(field.type) and at.is_timestamp(column.type):
            return column.cast(field.type, safe=False)  # finer units are cut to µs
        if isinstance(column.type, pa.BaseExtensionType):
            column = _storage(column)
        return _in_range(column, column.cast(field.type))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise SourceError(
            f"a value of column {field.name!r} does not fit its type",
            got=f"{column.type}: {error}",
            allowed=str(from_arrow(field.type) or field.type),
            fix="declare the feature with the type of the data, or fix the data",
        ) from error


def _in_range(column: pa.Array, made: pa.Array) -> pa.Array:
    """Return a column that was cast, in which no float has become infinite: Arrow does not tell.

    Raises:
        ValueError: Some have.
    """
    if _has_float32(made.type) and _infinite(made) > _infinite(column):
        raise ValueError("a number is beyond the range of 32-bit floats")
    return made


def _has_float32(kind: pa.DataType) -> bool:
    import pyarrow.types as at

    inner = (kind.field(place).type for place in range(kind.num_fields))
    return bool(at.is_float32(kind)) or any(map(_has_float32, inner))


def _infinite(column: pa.Array | pa.ChunkedArray) -> int:
    """Return how many floats in a column are infinite, however deep."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as at

    if isinstance(column, pa.ChunkedArray):
        return sum(map(_infinite, column.chunks))
    kind = column.type
    if at.is_dictionary(kind):
        return _infinite(column.dictionary_decode())
    if at.is_floating(kind):
        return pc.sum(pc.is_inf(column.cast(pa.float64()))).as_py() or 0
    if at.is_map(kind):
        return _infinite(column.keys) + _infinite(column.items)
    if at.is_struct(kind):
        return sum(map(_infinite, column.flatten()))
    if is_list(kind):
        return _infinite(column.flatten())
    return 0


def _extension(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    import pyarrow as pa
    import pyarrow.types as at

    if isinstance(column.type, pa.BaseExtensionType):
        column = _storage(column)
    if wanted == pa.uuid() and not at.is_fixed_size_binary(column.type):
        column = pa.array(map(_uuid_bytes, column.to_pylist()), wanted.storage_type)
    storage = column.cast(wanted.storage_type)
    if isinstance(storage, pa.ChunkedArray):
        storage = storage.combine_chunks()
    return pa.ExtensionArray.from_storage(wanted, storage)


def _storage(column: pa.Array) -> pa.Array:
    import pyarrow as pa

    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return whole.storage


def _uuid_bytes(value: str | bytes | None) -> bytes | None:
    if value is None:
        return None
    return uuid.UUID(value).bytes if isinstance(value, str) else uuid.UUID(bytes=value).bytes
