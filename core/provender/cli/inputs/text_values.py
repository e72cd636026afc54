"""Values from text, as JSON and CSV have them, by the type that they are to have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from provender.errors import RequestError

if TYPE_CHECKING:
    from provender.types import FeatureType

_TRUTH = {"true": True, "false": False}


def from_text(value: Any, kind: FeatureType | None) -> Any:
    """Return a value as the type that it is to have, or as it is where it cannot be read so.

    Args:
        value: A value of JSON, or the text of a cell.
        kind: The type; None: unknown.
    """
    if kind is None or value is None:
        return value
    if kind.name == "Json" and not isinstance(value, str):
        import json

        return json.dumps(value)
    read = _READ.get(kind.name)
    if read is None or not isinstance(value, str):
        return value
    try:
        return read(value)
    except (ValueError, ArithmeticError, RequestError):
        return value


def _instant(text: str) -> Any:
    from provender.clock import parse_instant

    return parse_instant(text)


def _date(text: str) -> Any:
    from datetime import date

    return date.fromisoformat(text)


def _bytes(text: str) -> bytes:
    import base64

    return base64.b64decode(text, validate=True)


def _decimal(text: str) -> Any:
    from decimal import Decimal

    return Decimal(text)


def _bool(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError(text)
    return _TRUTH[text.lower()]


def _nested(text: str) -> Any:
    """Return a list or an object that stands as JSON in a cell."""
    import json

    return json.loads(text)


_READ: Mapping[str, Callable[[str], Any]] = {
    "Int32": int,
    "Int64": int,
    "Float32": float,
    "Float64": float,
    "Bool": _bool,
    "UnixTimestamp": _instant,
    "Date": _date,
    "Bytes": _bytes,
    "Decimal": _decimal,
    "Array": _nested,
    "Map": _nested,
    "Struct": _nested,
}
