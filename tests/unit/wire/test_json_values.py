"""Values go to JSON and back without a loss, whatever their type; what does not fit is kept."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from provender.online.scalars import packer, unpacker
from provender.testing.strategies.values import feature_types, values_of
from provender.types import Array, Bytes, Date, Float64, Int64, Map, UnixTimestamp
from provender.wire.json_values import columns_from_json, from_json, to_json


@st.composite
def typed_values(draw):
    kind = draw(feature_types())
    return kind, draw(values_of(kind, nulls=False))


def served(kind, value):
    """Return a value as the online path serves it."""
    pack, unpack = packer(kind), unpacker(kind)
    packed = msgspec.msgpack.decode(msgspec.msgpack.encode(pack(value) if pack else value))
    return unpack(packed) if unpack else packed


def plain(value):
    """Return a value of which equal ones are equal: NaN too, pairs as pairs whatever holds them."""
    if isinstance(value, float) and math.isnan(value):
        return "not a number"
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


@pytest.mark.integration
@given(typed_values())
def test_there_and_back(case):
    kind, value = case
    value = served(kind, value)
    convert, back = to_json(kind), from_json(kind)
    sent = msgspec.json.decode(msgspec.json.encode(convert(value) if convert else value))
    found = back(sent) if back else sent
    if kind.name == "Map" and kind.items[0].name == "String":  # an object has a name once
        value = list(dict(value).items())
    assert plain(found) == plain(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (UnixTimestamp, "yesterday"),
        (UnixTimestamp, 7),
        (Date, "2026-13-01"),
        (Bytes, "no base64!"),
        (Float64, "much"),
        (Float64, 2**64 + 1),
        (Array(Date), "2026-01-01"),
        (Map(Int64, Date), 5),
    ],
)
def test_what_does_not_fit_is_kept_for_those_who_check(kind, value):
    assert from_json(kind)(value) is value


def test_columns_of_unknown_types_stay():
    columns = {"x": ["2026-01-01"], "day": ["2026-01-01", None]}
    found = columns_from_json(columns, {"day": Date})
    assert found["x"] == ["2026-01-01"]
    assert [value and value.isoformat() for value in found["day"]] == ["2026-01-01", None]


def test_what_is_no_number_is_told_apart_from_null():
    written = list(map(to_json(Float64), [math.nan, math.inf, -math.inf]))
    assert written == ["NaN", "Infinity", "-Infinity"]
