"""Python values of a pushed column as an Arrow array, of the type that they are by themselves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from provender.plugin.conform import readable_as
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

_NESTED = ("Array", "Map", "Struct")
_INTEGERS = ("Int32", "Int64")


def array_of(values: Sequence[Any], kind: FeatureType) -> pa.Array:
    """Return Python values as an array that can be read as `kind`, as far as they are so.

    Lists, maps and records may lack what tells their type (an empty list, a null, a field), so
    that `kind` tells it.

    Raises:
        TypeError: They are not, or (as ValueError, OverflowError or pyarrow's errors) no array
            holds them.
    """
    import pyarrow as pa

    if kind.name == "Uuid":
        values = [str(value) if isinstance(value, uuid.UUID) else value for value in values]
    if kind.name in _NESTED:
        if not all(_is_of(value, kind) for value in values):
            raise TypeError(str(kind))
        return pa.array(values, kind.arrow())
    array = pa.array(values, from_pandas=False)
    if not readable_as(array.type, kind):
        raise TypeError(str(array.type))
    return array


def _is_of(value: Any, kind: FeatureType) -> bool:
    """Whether a value has the shape of `kind`, and nothing that Arrow would cut off silently."""
    if value is None:
        return True
    if kind.name == "Array":
        listed = not isinstance(value, str | bytes | Mapping) and hasattr(value, "__iter__")
        return listed and all(_is_of(item, kind.items[0]) for item in value)
    if kind.name == "Struct":
        return isinstance(value, Mapping) and _has_fields(value, kind)
    if kind.name == "Map":
        pairs = value.items() if isinstance(value, Mapping) else value
        return all(_is_of(k, kind.items[0]) and _is_of(v, kind.items[1]) for k, v in pairs)
    return not (kind.name in _INTEGERS and isinstance(value, float))


def _has_fields(value: Mapping[str, Any], kind: FeatureType) -> bool:
    known = dict(zip(kind.labels, kind.items, strict=True))
    return all(name in known and _is_of(item, known[name]) for name, item in value.items())
