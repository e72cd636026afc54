"""Strategies for feature types and for their values, the awkward ones first."""

from __future__ import annotations

import decimal
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from provender import types
from provender.testing.suites.examples import UNICODE
from provender.types import KEY_TYPES, FeatureType

Strategy = st.SearchStrategy[Any]
_MOMENTS = [
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC),
    datetime(1677, 9, 21, tzinfo=UTC),
    datetime(2024, 3, 10, 7, tzinfo=UTC),
    datetime(2024, 11, 3, 6, tzinfo=UTC),
    datetime(2024, 2, 29, 23, 59, 59, 999_999, UTC),
    datetime(2262, 4, 12, tzinfo=UTC),
]
"""1970, the ends of the range of nanoseconds, a leap day, New York's changes of the clock."""


def feature_types(*, nested: bool = True) -> st.SearchStrategy[FeatureType]:
    """Return a strategy for feature types, two levels deep if `nested`."""
    scalars = st.sampled_from([FeatureType(name) for name in types.SCALARS]) | _decimals()
    if not nested:
        return scalars
    items = scalars | st.builds(types.Array, scalars)
    labels = st.sampled_from(["a", "B", "größe", "with space"])
    return (
        scalars
        | st.builds(types.Array, items)
        | st.builds(types.Map, st.sampled_from([types.String, types.Int64]), items)
        | st.dictionaries(labels, items, min_size=1, max_size=3).map(types.Struct)
    )


def key_types() -> st.SearchStrategy[FeatureType]:
    """Return a strategy for the types that a join key can have."""
    return st.sampled_from([FeatureType(name) for name in sorted(KEY_TYPES)])


def _decimals() -> st.SearchStrategy[FeatureType]:
    digits = [(38, 9), (9, 2), (18, 0), (38, 38), (1, 0)]
    return st.sampled_from([types.Decimal(*pair) for pair in digits])


def values_of(
    kind: FeatureType, *, nulls: bool = True, signed_zeros: bool = False
) -> st.SearchStrategy[Any]:
    """Return a strategy for the plain Python values of a type.

    Args:
        kind: The type.
        nulls: Whether None is among them, at the top; inside lists, maps and structs it always is.
        signed_zeros: Whether -0.0 is among them.
    """
    values = _nested(kind, signed_zeros) if kind.items else _scalar(kind, signed_zeros)
    return st.none() | values if nulls else values


def _scalar(kind: FeatureType, signed_zeros: bool) -> Strategy:
    if kind.digits:
        return _numbers(*kind.digits)
    if kind.name in ("Float32", "Float64"):
        floats = st.floats(width=32 if kind.name == "Float32" else 64)
        return floats if signed_zeros else floats.map(lambda value: value + 0.0)
    return _SCALARS[kind.name]


def _nested(kind: FeatureType, signed_zeros: bool) -> Strategy:
    inner = [values_of(item, signed_zeros=signed_zeros) for item in kind.items]
    if kind.name == "Array":
        return st.lists(inner[0], max_size=4)
    if kind.name == "Struct":
        return st.fixed_dictionaries(dict(zip(kind.labels, inner, strict=True)))
    keys = values_of(kind.items[0], nulls=False, signed_zeros=signed_zeros)
    return st.lists(st.tuples(keys, inner[1]), max_size=4, unique_by=lambda pair: pair[0])


def _numbers(precision: int, scale: int) -> Strategy:
    """Return decimals of exactly that scale, as Arrow gives them."""
    most = 10**precision - 1

    def number(unscaled: int) -> decimal.Decimal:
        with decimal.localcontext(prec=precision + 1):
            return decimal.Decimal(unscaled).scaleb(-scale)

    return (st.sampled_from([0, 1, -1, most, -most]) | st.integers(-most, most)).map(number)


def _around(moments: list[datetime]) -> Strategy:
    near = st.sampled_from([-1, 0, 1, 3_600_000_000]).map(lambda us: timedelta(microseconds=us))
    span = st.datetimes(datetime(1600, 1, 1), datetime(2400, 1, 1), timezones=st.just(UTC))
    return st.builds(lambda moment, late: moment + late, st.sampled_from(moments), near) | span


def _integers(bits: int) -> Strategy:
    edge = 1 << (bits - 1)
    awkward = [0, -1, edge - 1, -edge, *([2**53, 2**53 + 1, -(2**53) - 1] if bits > 53 else [])]
    return st.sampled_from(awkward) | st.integers(-edge, edge - 1)


_TEXT = st.sampled_from(["", " ", "a", "A", "NULL", "nan", "'", '"', UNICODE]) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=12
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)
_SCALARS: Mapping[str, Strategy] = {
    "Bool": st.booleans(),
    "Int32": _integers(32),
    "Int64": _integers(64),
    "String": _TEXT,
    "Bytes": st.sampled_from([b"", b"\x00", b"\xff"]) | st.binary(max_size=12),
    "UnixTimestamp": _around(_MOMENTS),
    "Date": st.dates(date(1, 1, 1), date(9999, 12, 31)),
    "Uuid": st.uuids(),
    "Json": _JSON.map(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))),
}
