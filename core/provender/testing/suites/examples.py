"""Values of every feature type that are easily spoilt: null, NaN, empty, extreme, unicode."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal as Number
from typing import Any
from uuid import UUID

from provender import types
from provender.types import FeatureType

UNICODE = "Größe \u0065\u0301 \u202e日本\U0001f989\U0001f468\u200d\U0001f469"
NEW_YORK_SUMMER = timezone(timedelta(hours=-4))
_POINT = types.Struct({"lat": types.Float64, "name": types.String})
_AMOUNT = types.Decimal(38, 9)

EXAMPLES: Sequence[tuple[FeatureType, str, Any]] = (
    (types.Bool, "true", True),
    (types.Bool, "false", False),
    (types.Int32, "zero", 0),
    (types.Int32, "least", -(2**31)),
    (types.Int32, "greatest", 2**31 - 1),
    (types.Int64, "zero", 0),
    (types.Int64, "beyond 2^53", 2**53 + 1),
    (types.Int64, "beyond -2^53", -(2**53) - 1),
    (types.Int64, "least", -(2**63)),
    (types.Int64, "greatest", 2**63 - 1),
    (types.Float32, "NaN", float("nan")),
    (types.Float32, "infinity", float("inf")),
    (types.Float32, "greatest", 3.4028234663852886e38),
    (types.Float32, "least above zero", 1.401298464324817e-45),
    (types.Float64, "NaN", float("nan")),
    (types.Float64, "infinity", float("inf")),
    (types.Float64, "negative infinity", float("-inf")),
    (types.Float64, "a tenth", 0.1),
    (types.Float64, "greatest", 1.7976931348623157e308),
    (types.Float64, "least above zero", 5e-324),
    (types.String, "empty", ""),
    (types.String, "unicode", UNICODE),
    (types.String, "quotes", 'it\'s "quoted" \\ % _ ; -- $1 {x}'),
    (types.String, "zero character", "a\x00b"),
    (types.String, "blanks", " \t\r\n "),
    (types.String, "the word null", "NULL"),
    (types.String, "the word NaN", "nan"),
    (types.String, "long", "0123456789" * 7_000),
    (types.Bytes, "empty", b""),
    (types.Bytes, "every byte", bytes(range(256))),
    (types.UnixTimestamp, "microseconds", datetime(2024, 1, 1, 12, 0, 0, 123_457, UTC)),
    (types.UnixTimestamp, "1 µs before 1970", datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)),
    (types.UnixTimestamp, "year 1900", datetime(1900, 1, 1, tzinfo=UTC)),
    (types.UnixTimestamp, "year 2262 and beyond", datetime(2500, 6, 1, tzinfo=UTC)),
    (types.UnixTimestamp, "another zone", datetime(2024, 11, 3, 1, 30, tzinfo=NEW_YORK_SUMMER)),
    (types.Date, "leap day", date(2024, 2, 29)),
    (types.Date, "before 1970", date(1969, 12, 31)),
    (types.Date, "year 1", date(1, 1, 1)),
    (types.Date, "year 9999", date(9999, 12, 31)),
    (types.Uuid, "random", UUID("9f1c2f6e-8f33-4c57-9d0d-0f3f3b2a7c11")),
    (types.Uuid, "nil", UUID(int=0)),
    (types.Uuid, "greatest", UUID(int=2**128 - 1)),
    (types.Json, "object", '{"a":[1,null,"é"],"b":{"c":true}}'),
    (types.Json, "empty object", "{}"),
    (types.Json, "null of JSON", "null"),
    (types.Json, "text", '"text"'),
    (_AMOUNT, "zero", Number("0.000000000")),
    (_AMOUNT, "a tenth", Number("0.100000000")),
    (_AMOUNT, "every digit", Number("-12345678901234567890123456789.123456789")),
    (types.Decimal(9, 2), "small", Number("-1234567.89")),
    (types.Decimal(18, 0), "no scale", Number(10**18 - 1)),
    (types.Array(types.Int64), "empty", []),
    (types.Array(types.Int64), "with null", [2**53 + 1, None, -1]),
    (types.Array(types.Int64), "only null", [None]),
    (types.Array(types.Float64), "with NaN", [float("nan"), None, 0.0, float("inf")]),
    (types.Array(types.String), "with null and empty", ["", None, UNICODE]),
    (types.Array(types.Bool), "order", [True, False, None, True]),
    (types.Array(types.Bytes), "bytes", [b"", b"\x00\xff", None]),
    (types.Array(types.UnixTimestamp), "µs", [datetime(1969, 1, 1, 0, 0, 0, 1, UTC), None]),
    (types.Array(types.Float32), "embedding", [n / 8 for n in range(256)]),
    (types.Array(types.Array(types.Int64)), "nested", [[1], [], None, [None, 2]]),
    (types.Map(types.String, types.Int64), "empty", []),
    (types.Map(types.String, types.Int64), "with null", [("a", 1), ("", None), ("é", 2**53 + 1)]),
    (types.Map(types.Int64, types.Float64), "numbers", [(1, float("nan")), (-1, 0.5)]),
    (_POINT, "record", {"lat": 52.5, "name": UNICODE}),
    (_POINT, "null inside", {"lat": None, "name": None}),
    (_POINT, "NaN and empty", {"lat": float("nan"), "name": ""}),
    (types.Array(_POINT), "records", [{"lat": 1.5, "name": "a"}, None]),
)
"""``(type, label, value)``: each type has several; null is tried for every type besides."""

ZEROS: Sequence[tuple[FeatureType, Any]] = (
    (types.Float32, -0.0),
    (types.Float64, -0.0),
    (types.Array(types.Float64), [0.0, -0.0]),
    (types.Map(types.Int64, types.Float64), [(1, -0.0)]),
    (types.Struct({"x": types.Float64}), {"x": -0.0}),
)
"""Values with a negative zero, which many databases turn into a positive one."""

KEYS: Sequence[tuple[FeatureType, Sequence[Any]]] = (
    (types.Bool, [True, False]),
    (types.Int32, [0, -1, 1, 2**31 - 1]),
    (types.Int64, [2**53, 2**53 + 1, -(2**63), 2**63 - 1]),
    (types.String, ["", "a", "A", "a ", "é", "e\u0301", "1", "01", "NULL"]),
    (types.Bytes, [b"", b"\x00", b"\x00\x00", b"\xff"]),
    (
        types.UnixTimestamp,
        [datetime(1970, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC)],
    ),
    (types.Date, [date(1970, 1, 1), date(1969, 12, 31), date(2024, 2, 29)]),
    (types.Uuid, [UUID(int=0), UUID(int=1), UUID(int=2**127)]),
)
"""For each type that can be a join key, values that are different though they look alike."""


def example_types() -> list[FeatureType]:
    """Return every type of `EXAMPLES`, once."""
    return list(dict.fromkeys(kind for kind, _, _ in EXAMPLES))
