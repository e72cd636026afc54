"""Values as text, by feature type: as users type them and as CSV files hold them.

=================  ==========================================================
Bool               ``true`` or ``false``
Int32, Int64       digits
Float32, Float64   a number, ``NaN``, ``Infinity`` or ``-Infinity``
Decimal            a number, every digit of which counts
UnixTimestamp      ISO 8601, such as ``2026-01-31T12:00:00Z``; naive means UTC
Date               ``2026-01-31``
Bytes              base64
Uuid               ``12345678-1234-5678-1234-567812345678``
String, Json       the text itself
Array, Map, Struct JSON; see `provender.wire.json_values`
=================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from provender.clock import parse_instant
from provender.errors import RequestError
from provender.types import FeatureType

_TRUTH = {"true": True, "false": False}


def read_text(text: str, kind: FeatureType) -> Any:
    """Return the value that a text spells.

    Raises:
        ValueError: It spells none of that type.
    """
    read = _nested if kind.items else _READ.get(kind.name)
    if read is None:
        return text
    try:
        return read(text, kind)
    except (ArithmeticError, RequestError, TypeError, ValueError) as error:
        raise ValueError(f"not a value of type {kind}: {text!r}") from error


def write_text(value: Any, kind: FeatureType) -> str:
    """Return the text that spells a value of a join key; `read_text` reads it."""
    import base64

    if kind.name == "Bytes":
        return base64.b64encode(value).decode()
    return str(value).lower() if kind.name == "Bool" else str(value)


def allowed_text(kind: FeatureType) -> str:
    """Return in words which texts spell a value of a type."""
    return "JSON" if kind.items else _ALLOWED.get(kind.name, "text")


def _bool(text: str, kind: FeatureType) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError(text)
    return _TRUTH[text.lower()]


def _integer(text: str, kind: FeatureType) -> int:
    return int(text)


def _float(text: str, kind: FeatureType) -> float:
    return float(text)


def _decimal(text: str, kind: FeatureType) -> Any:
    from decimal import Decimal

    return Decimal(text)


def _timestamp(text: str, kind: FeatureType) -> Any:
    return parse_instant(text)


def _date(text: str, kind: FeatureType) -> Any:
    from datetime import date

    return date.fromisoformat(text)


def _bytes(text: str, kind: FeatureType) -> bytes:
    import base64

    return base64.b64decode(text, validate=True)


def _uuid(text: str, kind: FeatureType) -> Any:
    from uuid import UUID

    return UUID(text)


def _nested(text: str, kind: FeatureType) -> Any:
    from provender.wire.json_text import read_json
    from provender.wire.json_values import from_json

    value, convert = read_json(text), from_json(kind)
    return value if convert is None or value is None else convert(value)


_READ: Mapping[str, Callable[[str, FeatureType], Any]] = {
    "Bool": _bool,
    "Int32": _integer,
    "Int64": _integer,
    "Float32": _float,
    "Float64": _float,
    "Decimal": _decimal,
    "UnixTimestamp": _timestamp,
    "Date": _date,
    "Bytes": _bytes,
    "Uuid": _uuid,
}
_ALLOWED: Mapping[str, str] = {
    "Bool": "true, false",
    "Int32": "an integer",
    "Int64": "an integer",
    "Float32": "a number, NaN, Infinity or -Infinity",
    "Float64": "a number, NaN, Infinity or -Infinity",
    "Decimal": "a number",
    "UnixTimestamp": "ISO 8601, such as 2026-01-31T12:00:00+00:00",
    "Date": "ISO 8601, such as 2026-01-31",
    "Bytes": "base64",
    "Uuid": "a UUID, such as 12345678-1234-5678-1234-567812345678",
}
