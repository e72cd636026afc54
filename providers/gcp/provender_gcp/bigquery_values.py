"""Values on their way to BigQuery and back: lists and maps wrapped, and unwrapped again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provender.types import is_list
from provender_gcp.bigquery_types import ELEMENT, KEY, LIST, MAP, VALUE, unwrapped

if TYPE_CHECKING:
    import pyarrow as pa


def wrapped_table(table: pa.Table) -> pa.Table:
    """Return a table as it is loaded: of the types that `bigquery_types.table_field` names."""
    import pyarrow as pa

    return pa.table(list(map(wrapped_column, table.columns)), names=table.column_names)


def wrapped_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as it is loaded."""
    import pyarrow as pa

    return pa.chunked_array([wrapped(chunk) for chunk in _chunks(column)])


def texts_of_uuids(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as it is, but uuids as their texts."""
    return wrapped_column(column) if column.type == _uuid_type() else column


def _uuid_type() -> pa.DataType:
    import pyarrow as pa

    return pa.uuid()


def _chunks(column: pa.ChunkedArray) -> list[pa.Array]:
    import pyarrow as pa

    return list(column.chunks) or [pa.array([], column.type)]


def wrapped(values: pa.Array) -> pa.Array:
    """Return values as they are loaded."""
    import pyarrow as pa
    import pyarrow.types as at

    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        return _uuid_texts(values) if kind.extension_name == "arrow.uuid" else wrapped(_own(values))
    if at.is_dictionary(kind):
        return wrapped(values.dictionary_decode())
    if is_list(kind):
        return _wrapped_list(values)
    if at.is_map(kind):
        return _wrapped_map(values)
    if at.is_struct(kind):
        return _struct(values, [wrapped(child) for child in values.flatten()])
    return values.cast(_loaded(kind), safe=not at.is_timestamp(kind))


def _own(values: pa.Array) -> pa.Array:
    return values.storage


def _loaded(kind: pa.DataType) -> pa.DataType:
    """Return the Arrow type, of those that Parquet and BigQuery share, that keeps a scalar."""
    import pyarrow as pa
    import pyarrow.types as at

    if at.is_uint64(kind):
        return pa.decimal128(20, 0)
    if at.is_integer(kind):
        return pa.int64()
    if at.is_floating(kind):
        return pa.float64()
    if at.is_timestamp(kind):
        return pa.timestamp("us", "UTC" if kind.tz else None)
    if at.is_date(kind):
        return pa.date32()
    if at.is_time(kind):
        return pa.time64("us")
    if at.is_null(kind) or at.is_large_string(kind) or at.is_string_view(kind):
        return pa.string()
    binary = at.is_large_binary(kind) or at.is_binary_view(kind) or at.is_fixed_size_binary(kind)
    return pa.binary() if binary else kind


def _uuid_texts(values: pa.Array) -> pa.Array:
    import pyarrow as pa

    return pa.array([None if v is None else str(v) for v in values.to_pylist()], pa.string())


def _wrapped_list(values: pa.Array) -> pa.Array:
    import pyarrow as pa

    values = _whole(values.cast(pa.list_(values.type.value_type)))
    elements = pa.StructArray.from_arrays([wrapped(values.values)], [ELEMENT])
    return _in_field(values, LIST, pa.ListArray.from_arrays(_offsets(values), elements))


def _wrapped_map(values: pa.Array) -> pa.Array:
    import pyarrow as pa

    values = _whole(values)
    pairs = pa.StructArray.from_arrays([wrapped(values.keys), wrapped(values.items)], [KEY, VALUE])
    return _in_field(values, MAP, pa.ListArray.from_arrays(_offsets(values), pairs))


def _in_field(values: pa.Array, name: str, inner: pa.Array) -> pa.Array:
    """Return a struct of one field that is null where `values` are."""
    import pyarrow as pa

    return pa.StructArray.from_arrays([inner], [name], mask=values.is_null())


def _offsets(values: pa.Array) -> pa.Array:
    """Return where each list begins; nulls have no elements."""
    return values.offsets


def _whole(values: pa.Array) -> pa.Array:
    """Return values that are no slice of others and whose nulls hide nothing."""
    import pyarrow as pa

    return values.take(pa.array(range(len(values)), pa.int64())) if values.offset else values


def _struct(values: pa.Array, children: list[pa.Array]) -> pa.Array:
    import pyarrow as pa

    names = [field.name for field in values.type]
    return pa.StructArray.from_arrays(children, names, mask=values.is_null())


def plain_batch(batch: pa.RecordBatch, names: list[str]) -> pa.RecordBatch:
    """Return a batch as it came from BigQuery under other names, lists and maps unwrapped."""
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([plain(column) for column in batch.columns], names)


def plain(values: pa.Array) -> pa.Array:
    """Return values as they are meant, lists and maps unwrapped."""
    import pyarrow as pa
    import pyarrow.types as at

    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        return values
    if at.is_struct(kind):
        return _plain_struct(values)
    if at.is_list(kind) or at.is_large_list(kind):
        return _plain_list(values, values.is_null())
    return values


def _plain_struct(values: pa.Array) -> pa.Array:
    children = values.flatten()
    names = [field.name for field in values.type]
    if names in ([LIST], [MAP]) and is_list(children[0].type):
        return _plain_list(children[0], values.is_null())
    return _struct(values, [plain(child) for child in children])


def _plain_list(values: pa.Array, nulls: pa.Array) -> pa.Array:
    import pyarrow as pa

    values = _whole(values.cast(pa.list_(values.type.value_type)))
    elements: Any = values.values
    kind = elements.type
    if pa.types.is_struct(kind) and [field.name for field in kind] == [KEY, VALUE]:
        keys, items = (plain(child) for child in elements.flatten())
        return pa.MapArray.from_arrays(_offsets(values), keys, items, mask=nulls)
    if unwrapped(kind) is not kind:
        (elements,) = elements.flatten()
    return pa.ListArray.from_arrays(_offsets(values), plain(elements), mask=nulls)
