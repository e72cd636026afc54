"""Values in JSON, exact for every feature type.

=================  ==========================================================
Bool, Int, String  as they are; integers with all their digits
Float32, Float64   numbers; ``"NaN"``, ``"Infinity"``, ``"-Infinity"``
UnixTimestamp      RFC 3339 text, such as ``2026-01-31T12:00:00.000001Z``
Date               ``2026-01-31``
Decimal, Uuid      text
Bytes              base64
Json               the text as it is stored
Array              a list
Map                an object when its keys are text, else a list of pairs
Struct             an object
=================  ==========================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from provender.types import FeatureType
from provender.wire.text_values import read_text

Convert = Callable[[Any], Any]
NOT_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
"""The floats that JSON has no number for, by their texts."""
_FLOATS = ("Float32", "Float64")


def to_json(kind: FeatureType) -> Convert | None:
    """Return what turns a value into terms that msgspec writes as JSON; None: nothing to do."""
    if kind.name in _FLOATS:
        return float_to_json
    inner = [to_json(item) for item in kind.items]
    if kind.name == "Map":
        return _map_to_json(kind, _each(inner))
    if not any(inner):
        return None
    convert = _each(inner)
    if kind.name == "Array":
        return lambda values: list(map(convert[0], values))
    steps = list(zip(kind.labels, convert, strict=True))
    return lambda record: {label: step(record[label]) for label, step in steps}


def from_json(kind: FeatureType) -> Convert | None:
    """Return the inverse of `to_json`; None: nothing to do.

    What does not fit the type is given back as it is, so that whoever checks types tells of it.
    """
    if kind.name in _TEXTS:
        read: Convert | None = partial(_text, kind=kind)
    else:
        read = _READ.get(kind.name) or _nested_from_json(kind)
    if read is None:
        return None

    def convert(value: Any) -> Any:
        try:
            return read(value)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
            return value

    return convert


def columns_from_json(
    columns: Mapping[str, Sequence[Any]], types: Mapping[str, FeatureType]
) -> dict[str, list[Any]]:
    """Return columns whose values are of their types; a column of no known type stays."""
    found: dict[str, list[Any]] = {}
    for name, values in columns.items():
        kind = types.get(name)
        convert = None if kind is None else from_json(kind)
        found[name] = list(values) if convert is None else list(map(_nullable(convert), values))
    return found


def _nullable(convert: Convert | None) -> Convert:
    if convert is None:
        return lambda value: value
    return lambda value: None if value is None else convert(value)


def _each(inner: Sequence[Convert | None]) -> list[Convert]:
    return [_nullable(convert) for convert in inner]


def float_to_json(value: float) -> float | str:
    """Return a float as JSON has it: text where it is NaN or infinite."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def floats_to_json(value: Any) -> Any:
    """Return a value of no known type with its floats as JSON has them."""
    if isinstance(value, float):
        return float_to_json(value)
    if isinstance(value, dict):
        return {key: floats_to_json(item) for key, item in value.items()}
    return list(map(floats_to_json, value)) if isinstance(value, list | tuple) else value


def _map_to_json(kind: FeatureType, convert: list[Convert]) -> Convert:
    key, value = convert
    if kind.items[0].name == "String":
        return lambda pairs: {k: value(v) for k, v in pairs}
    return lambda pairs: [[key(k), value(v)] for k, v in pairs]


def _nested_from_json(kind: FeatureType) -> Convert | None:
    inner = [from_json(item) for item in kind.items]
    convert = _each(inner)
    if kind.name == "Map":
        return lambda pairs: [(convert[0](k), convert[1](v)) for k, v in _pairs(pairs)]
    if not any(inner):
        return None
    if kind.name == "Array":
        return lambda values: list(map(convert[0], _list(values)))
    steps = dict(zip(kind.labels, convert, strict=True))
    return lambda record: {label: steps[label](value) for label, value in record.items()}


def _pairs(value: Any) -> Any:
    return value.items() if isinstance(value, dict) else _list(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(type(value).__name__)
    return value


def _text(value: Any, kind: FeatureType) -> Any:
    """Return what a text spells; other values are what they are."""
    return read_text(value, kind) if isinstance(value, str) else value


def _float(value: Any) -> Any:
    if isinstance(value, str):
        return NOT_FINITE[value]
    exact = type(value) is int and int(float(value)) == value  # 5.0 may have been written as 5
    return float(value) if exact else value


def _json(value: Any) -> Any:
    import msgspec.json

    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


_READ: Mapping[str, Convert] = {"Float32": _float, "Float64": _float, "Json": _json}
_TEXTS = frozenset({"UnixTimestamp", "Date", "Bytes", "Decimal", "Uuid"})
"""The types whose values are text in JSON."""
