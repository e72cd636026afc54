"""The widest of two types: the one that holds every value of both, exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provender.types import is_list, with_scalars

if TYPE_CHECKING:
    import pyarrow as pa

_DIGITS = {8: 3, 16: 5, 32: 10, 64: 19}
"""The most decimal digits of an integer of so many bits; 20 when it has no sign."""
_EXACT = {16: 11, 32: 24, 64: 53}
"""The bits of an integer that a float of so many bits holds exactly."""


def widest(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """Return the type that holds every value of both exactly, or None when there is none.

    Instants are held as µs, as everywhere: finer ones are cut.
    """
    import pyarrow.types as at

    one, other = plain(one), plain(other)
    if one == other or at.is_null(other):
        return one
    if at.is_null(one):
        return other
    answers = (rule(one, other) for rule in (_number, _text, _instant, _nested))
    return next((kind for kind in answers if kind is not None), None)


def plain(kind: pa.DataType) -> pa.DataType:
    """Return a type without what says only how its values are laid out in memory."""
    import pyarrow as pa
    import pyarrow.types as at

    if at.is_dictionary(kind):
        return plain(kind.value_type)
    if at.is_large_string(kind) or at.is_string_view(kind):
        return pa.string()
    if at.is_large_binary(kind) or at.is_binary_view(kind) or at.is_fixed_size_binary(kind):
        return pa.binary()
    if is_list(kind):
        return pa.list_(plain(kind.value_type))
    return with_scalars(kind, plain) if at.is_map(kind) or at.is_struct(kind) else kind


def _number(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    import pyarrow.types as at

    if at.is_floating(one) and at.is_floating(other):
        return max(one, other, key=lambda kind: kind.bit_width)
    if at.is_integer(one) and at.is_integer(other):
        return _integer(one, other)
    if at.is_integer(one) and at.is_floating(other):
        return _float(one, other)
    if at.is_floating(one) and at.is_integer(other):
        return _float(other, one)
    return _decimal(one, other)


def _integer(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    import pyarrow as pa
    import pyarrow.types as at

    signed = at.is_signed_integer(one)
    if signed == at.is_signed_integer(other):
        return max(one, other, key=lambda kind: kind.bit_width)
    plus, minus = (other, one) if signed else (one, other)
    bits = max(plus.bit_width * 2, minus.bit_width)
    return {16: pa.int16(), 32: pa.int32(), 64: pa.int64()}.get(bits)


def _float(integer: pa.DataType, floating: pa.DataType) -> pa.DataType | None:
    import pyarrow as pa
    import pyarrow.types as at

    bits = integer.bit_width - at.is_signed_integer(integer)
    floats = (pa.float16(), pa.float32(), pa.float64())
    fit = (kind for kind in floats if _EXACT[kind.bit_width] >= bits)
    return next((kind for kind in fit if kind.bit_width >= floating.bit_width), None)


def _decimal(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    import pyarrow as pa
    import pyarrow.types as at

    if not (at.is_decimal(one) or at.is_decimal(other)):
        return None
    digits = [_digits(kind) for kind in (one, other)]
    if digits[0] is None or digits[1] is None:
        return None
    (whole, behind), (more, finer) = digits[0], digits[1]
    scale = max(behind, finer)
    precision = max(whole, more) + scale
    return pa.decimal128(precision, scale) if precision <= 38 else None


def _digits(kind: pa.DataType) -> tuple[int, int] | None:
    """Return the digits before and behind the point."""
    import pyarrow.types as at

    if at.is_decimal(kind):
        return kind.precision - kind.scale, kind.scale
    if not at.is_integer(kind):
        return None
    return (20 if at.is_uint64(kind) else _DIGITS[kind.bit_width]), 0


def _text(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """Return text for JSON beside text: every document is a text."""
    import pyarrow as pa

    json = pa.json_(pa.string())
    return pa.string() if {one, other} == {json, pa.string()} else None


def _instant(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    import pyarrow as pa
    import pyarrow.types as at

    if at.is_date(one) and at.is_date(other):
        return pa.date32()
    instants = [kind for kind in (one, other) if at.is_timestamp(kind)]
    if not instants or not all(at.is_timestamp(kind) or at.is_date(kind) for kind in (one, other)):
        return None
    return pa.timestamp("us", "UTC" if any(kind.tz for kind in instants) else None)


def _nested(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    import pyarrow as pa
    import pyarrow.types as at

    if at.is_list(one) and at.is_list(other):
        item = widest(one.value_type, other.value_type)
        return None if item is None else pa.list_(item)
    if at.is_map(one) and at.is_map(other):
        key = widest(one.key_type, other.key_type)
        item = widest(one.item_type, other.item_type)
        return None if key is None or item is None else pa.map_(key, item)
    if at.is_struct(one) and at.is_struct(other) and _labels(one) == _labels(other):
        inner = [(a.name, widest(a.type, b.type)) for a, b in zip(one, other, strict=True)]
        return None if any(kind is None for _, kind in inner) else pa.struct(inner)
    return None


def _labels(kind: pa.DataType) -> list[str]:
    return [field.name for field in kind]
