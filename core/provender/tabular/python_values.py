"""Python values of a column as an Arrow array, of the type that the values have."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from provender.frames import is_missing
from provender.plugin.kit.arrow_cast import cast_column, readable_as
from provender.types import FeatureType, with_scalars

if TYPE_CHECKING:
    import pyarrow as pa

_FLOATS = ("Float32", "Float64")
_NESTED = ("Array", "Map", "Struct")
_NOT_FROM = {
    "Int32": (bool, float),
    "Int64": (bool, float),
    "Float32": (bool,),
    "Float64": (bool,),
    "Decimal": (bool, float),
}
"""What Arrow would take for a number silently, though it is another, or none."""


def array_of(values: Sequence[Any], kind: FeatureType) -> pa.Array:
    """Return Python values as an array that can be read as `kind`, as far as they are so.

    Lists, maps and records may lack what tells their type (an empty list, a null, a field), so
    that `kind` tells it.

    Raises:
        TypeError: They are not, or (as ValueError, OverflowError or pyarrow's errors) no array
            holds them.
    """
    import pyarrow as pa

    if kind.name in _NESTED:
        plain = [_plain(value, kind) for value in values]
        # extension types by a cast only; Arrow would make 1e39 infinite in 32 bits
        wanted = kind.arrow()
        return cast_column(pa.array(plain, with_scalars(wanted, _built)), pa.field("", wanted))
    values = [None if _is_null(value, kind) else value for value in values]
    if kind.name == "Uuid":
        values = [str(value) if isinstance(value, uuid.UUID) else value for value in values]
    else:
        values = [_plain(value, kind) for value in values]
    array = pa.array(values, from_pandas=False)
    if not readable_as(array.type, kind):
        raise TypeError(str(array.type))
    return array


def _is_null(value: Any, kind: FeatureType) -> bool:
    """Whether a value is null; NaN is one where there can be no such number, as pandas has it."""
    return is_missing(value) and not (kind.name in _FLOATS and _is_float(value))


def _is_float(value: Any) -> bool:
    return isinstance(value, float) or getattr(getattr(value, "dtype", None), "kind", "") == "f"


def _plain(value: Any, kind: FeatureType) -> Any:
    """Return a value with each UUID in it as its bytes.

    Raises:
        TypeError: It has another shape than `kind`, or Arrow would cut something off silently.
    """
    if _is_null(value, kind):
        return None
    if kind.name == "Array":
        return [_plain(item, kind.items[0]) for item in _items(value)]
    if kind.name == "Map":
        pairs = value.items() if isinstance(value, Mapping) else _items(value)
        return [(_plain(k, kind.items[0]), _plain(v, kind.items[1])) for k, v in pairs]
    if kind.name == "Struct":
        return _record(value, kind)
    if kind.name == "Uuid":
        return (value if isinstance(value, uuid.UUID) else uuid.UUID(value)).bytes
    if isinstance(value, _NOT_FROM.get(kind.name, ())):
        raise TypeError(type(value).__name__)
    return value


def _items(value: Any) -> list[Any]:
    if isinstance(value, str | bytes | Mapping):
        raise TypeError(type(value).__name__)
    return list(value)


def _record(value: Any, kind: FeatureType) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not set(value) <= set(kind.labels):
        raise TypeError(str(kind))
    return {
        label: _plain(value.get(label), item)
        for label, item in zip(kind.labels, kind.items, strict=True)
    }


def _built(scalar: pa.DataType) -> pa.DataType:
    """Return a type of which pyarrow makes arrays: extension types are built as their storage."""
    import pyarrow as pa

    if scalar == pa.float32():
        return pa.float64()
    return scalar.storage_type if isinstance(scalar, pa.BaseExtensionType) else scalar
