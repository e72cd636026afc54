"""Values as bytes that are equal exactly when the values are, whatever their Arrow type.

Null and NaN are two values; all NaN are one, and -0.0 is 0.0. The entries of a map have no order.
How a column is laid out (dictionaries, views, chunks) does not matter. Everything is computed
column by column; digests and comparisons use the same bytes: they agree on what is equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provender.types import is_list

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

NULL = b"\0"
PRESENT = b"\1"


def encoded(column: pa.Array) -> pa.Array:
    """Return each value of a column as bytes, ``large_binary``; none is null.

    No value's bytes are the beginning of another's of the same type, so that they can be joined.

    Raises:
        NotImplementedError: The values of the type cannot be told apart, as those of a union.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    column = _plain(column)
    if pa.types.is_null(column.type):
        return pa.array([NULL], pa.large_binary()).take(pa.array([0] * len(column), pa.int64()))
    present = joined(_binary_scalar(PRESENT), _payload(column))
    return pc.if_else(column.is_valid(), present, _binary_scalar(NULL))


def joined(*parts: Any) -> pa.Array:
    """Return the bytes of several columns, joined row by row."""
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(*parts, _binary_scalar(b""), null_handling="replace")


def type_text(kind: pa.DataType) -> str:
    """Return a type as text; layouts and the names of list items are not part of it."""
    import pyarrow as pa
    import pyarrow.types as at

    if at.is_dictionary(kind) or at.is_run_end_encoded(kind):
        return type_text(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return str(kind.extension_name)
    if _is_list(kind):
        return f"list<{type_text(kind.value_type)}>"
    if at.is_map(kind):
        return f"map<{type_text(kind.key_type)}, {type_text(kind.item_type)}>"
    if at.is_struct(kind):
        fields = (kind.field(place) for place in range(kind.num_fields))
        return f"struct<{', '.join(f'{f.name!r}: {type_text(f.type)}' for f in fields)}>"
    if _is_text(kind) or _is_bytes(kind):
        return "string" if _is_text(kind) else "binary"
    return str(kind)


def _plain(column: pa.Array) -> pa.Array:
    """Return a column without a layout of its own, an extension type as what it is stored as."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as at

    if isinstance(column.type, pa.BaseExtensionType):
        return _plain(column.storage)
    if at.is_dictionary(column.type):
        return _plain(column.dictionary_decode())
    return _plain(pc.run_end_decode(column)) if at.is_run_end_encoded(column.type) else column


def _payload(column: pa.Array) -> pa.Array:
    """Return the bytes of the values; those where the column is null mean nothing."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.types as at

    kind = column.type
    if _is_list(kind):
        return _lists(column.cast(pa.large_list(kind.value_type)))
    if at.is_map(kind):
        return _maps(column)
    if at.is_struct(kind):
        return joined(_empty(len(column)), *map(encoded, column.flatten()))
    if _is_text(kind) or _is_bytes(kind):
        value = column.cast(pa.large_binary())
        return joined(_fixed(pc.fill_null(pc.binary_length(value), 0)), value)
    if at.is_floating(kind):
        return _fixed(_one_nan(column))
    return _fixed(column.cast(pa.uint8()) if at.is_boolean(kind) else column)


def _fixed(column: pa.Array) -> pa.Array:
    """Return the bytes of values that all have the same number of them."""
    import pyarrow as pa

    try:
        width = column.type.bit_width // 8
    except ValueError as error:
        raise NotImplementedError(f"values of type {column.type} cannot be compared") from error
    kind = pa.binary(width)
    data = [None, column.buffers()[1]]
    same = pa.Array.from_buffers(kind, len(column), data, offset=column.offset)
    return same.cast(pa.large_binary())


def _one_nan(column: pa.Array) -> pa.Array:
    """Return floats in which all NaN are one, and -0.0 is 0.0."""
    import numpy as np
    import pyarrow as pa

    values = column.to_numpy(zero_copy_only=False)  # nulls become NaN
    kind = column.type.to_pandas_dtype()
    return pa.array(np.where(np.isnan(values), np.nan, values + 0.0).astype(kind), column.type)


def _lists(column: pa.Array) -> pa.Array:
    offsets = column.offsets.to_numpy()
    items = encoded(column.values.slice(offsets[0], offsets[-1] - offsets[0]))
    return _grouped(items, offsets - offsets[0])


def _maps(column: pa.Array) -> pa.Array:
    """Return the bytes of maps, their entries in an order of their own."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    offsets = column.offsets.to_numpy()
    first, count = offsets[0], offsets[-1] - offsets[0]
    keys, items = (encoded(part.slice(first, count)) for part in (column.keys, column.items))
    entries = joined(keys, items)
    rows = np.repeat(np.arange(len(column)), np.diff(offsets))
    order = [("row", "ascending"), ("entry", "ascending")]
    places = pc.sort_indices(pa.table({"row": rows, "entry": entries}), order)
    return _grouped(entries.take(places), offsets - first)


def _grouped(items: pa.Array, offsets: np.ndarray) -> pa.Array:
    """Return the bytes of lists: how many items each has, and theirs, one after another.

    Args:
        items: The bytes of all items.
        offsets: Where the items of each list begin, and where those of the last one end.
    """
    import numpy as np
    import pyarrow as pa

    _, ends, data = items.buffers()
    bounds = np.frombuffer(ends, np.int64)[items.offset : items.offset + len(items) + 1]
    inside = bounds[offsets].astype(np.int64)
    parts = [None, pa.py_buffer(inside), data]
    lists = pa.Array.from_buffers(pa.large_binary(), len(offsets) - 1, parts)
    return joined(_fixed(pa.array(np.diff(offsets).astype(np.int64))), lists)


def _empty(count: int) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    buffers = [None, pa.py_buffer(np.zeros(count + 1, np.int64)), pa.py_buffer(b"")]
    return pa.Array.from_buffers(pa.large_binary(), count, buffers)


def _binary_scalar(value: bytes) -> pa.Scalar:
    import pyarrow as pa

    return pa.scalar(value, pa.large_binary())


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow.types as at

    return is_list(kind) or bool(at.is_list_view(kind) or at.is_large_list_view(kind))


def _is_text(kind: pa.DataType) -> bool:
    import pyarrow.types as at

    return bool(at.is_string(kind) or at.is_large_string(kind) or at.is_string_view(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    """Whether values are bytes of any length; those of a fixed one are a type of their own."""
    import pyarrow.types as at

    return bool(at.is_binary(kind) or at.is_large_binary(kind) or at.is_binary_view(kind))
