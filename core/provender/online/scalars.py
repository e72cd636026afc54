"""Values on their way to and from msgpack: exact for every feature type.

What msgpack has natively (booleans, integers, 64-bit floats with NaN, text, bytes, null) travels
as it is. The rest is written as:

=============  ==========================================
UnixTimestamp  µs since 1970 in UTC
Date           days since 1970
Decimal        text with every digit
Uuid           its 16 bytes
Array          array
Map            array of ``[key, value]`` pairs, in order
Struct         array of values, in the order of the type
=============  ==========================================
"""

from __future__ import annotations

import decimal
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from provender.clock import from_us, to_us
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

Convert = Callable[[Any], Any]
_DAY_ZERO = date(1970, 1, 1)


def packer(kind: FeatureType) -> Convert | None:
    """Return what turns a Python value of `kind` into msgpack's terms; None: nothing to do."""
    simple: dict[str, Convert] = {
        "UnixTimestamp": to_us,
        "Date": lambda day: (day - _DAY_ZERO).days,
        "Decimal": str,
        "Uuid": lambda value: value.bytes,
    }
    return simple.get(kind.name) or _nested(kind, packer, packing=True)


def unpacker(kind: FeatureType) -> Convert | None:
    """Return the inverse of `packer`; None: nothing to do."""
    simple: dict[str, Convert] = {
        "UnixTimestamp": from_us,
        "Date": lambda days: _DAY_ZERO + timedelta(days=days),
        "Decimal": decimal.Decimal,
        "Uuid": lambda raw: uuid.UUID(bytes=raw),
    }
    return simple.get(kind.name) or _nested(kind, unpacker, packing=False)


def _nested(
    kind: FeatureType, converter: Callable[[FeatureType], Convert | None], *, packing: bool
) -> Convert | None:
    if not kind.items:
        return None
    converts = [converter(item) for item in kind.items]
    inner = list(map(_nullable, converts))
    if kind.name == "Array":
        return (lambda values: list(map(inner[0], values))) if converts[0] else None
    if kind.name == "Map":
        return lambda pairs: [(inner[0](key), inner[1](value)) for key, value in pairs]
    labels = kind.labels
    if packing:
        return lambda record: [f(record[name]) for f, name in zip(inner, labels, strict=True)]
    return lambda row: {name: f(v) for f, name, v in zip(inner, labels, row, strict=True)}


def _nullable(convert: Convert | None) -> Convert:
    if convert is None:
        return lambda value: value
    return lambda value: None if value is None else convert(value)


def packed_column(column: pa.Array, kind: FeatureType) -> list[Any]:
    """Return the values of an Arrow column in msgpack's terms, nulls as None.

    Args:
        column: An array of type ``kind.arrow()``.
        kind: Its feature type.
    """
    import pyarrow as pa

    if kind.name in _COLUMNAR:
        return _values(column.cast(pa.int64() if kind.name == "UnixTimestamp" else pa.int32()))
    if kind.name == "Uuid":
        return _values(column.storage)
    convert = packer(kind)
    values = _values(column)
    return values if convert is None else list(map(_nullable(convert), values))


_COLUMNAR = ("UnixTimestamp", "Date")


def _values(column: pa.Array) -> list[Any]:
    """Return Python values, through numpy where that is exact and several times faster.

    Not by `to_numpy`, which imports pandas: a third of what a small materialization takes.
    """
    import numpy as np
    import pyarrow.types as at

    primitive = at.is_integer(column.type) or at.is_float64(column.type)
    if primitive and not column.null_count:
        values: list[Any] = np.from_dlpack(column).tolist()
        return values
    plain: list[Any] = column.to_pylist()
    return plain
