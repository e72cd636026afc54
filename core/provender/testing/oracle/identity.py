"""Exact values: what makes two of them the same, and how to show the difference to people.

Python's ``==`` is too kind for a conformance suite: it holds 1, 1.0 and True for the same, 0.0
and -0.0 too, and NaN for different from itself.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from provender.clock import from_us, to_us

_LONGEST = 60


def identity(value: Any) -> Hashable:
    """Return something hashable that is equal for two values exactly when they are the same.

    Null, NaN, 0.0 and -0.0 are all different, and so are values of different types. Instants are
    compared as µs in UTC (naive means UTC). A map, as Arrow gives it (a list of pairs), has no
    order, and the order of a record's fields is a matter of its type.
    """
    if isinstance(value, datetime):
        return ("instant", to_us(value))
    if isinstance(value, float):
        return ("float", "nan" if math.isnan(value) else value.hex())
    if isinstance(value, Decimal):
        return ("decimal", value.as_tuple())
    if isinstance(value, Mapping):
        return ("record", frozenset((name, identity(inner)) for name, inner in value.items()))
    if isinstance(value, list):
        return _list_identity(value)
    return (type(value).__name__, value)


def _list_identity(values: list[Any]) -> Hashable:
    if values and all(isinstance(pair, tuple) for pair in values):
        return ("map", frozenset((identity(key), identity(inner)) for key, inner in values))
    return ("list", tuple(map(identity, values)))


def row_identity(row: Mapping[str, Any]) -> Hashable:
    """Return something hashable that is equal for two rows exactly when all columns are."""
    return tuple((name, identity(row[name])) for name in sorted(row))


def same(left: Any, right: Any) -> bool:
    """Whether two values are the same, NaN and null and types kept apart."""
    return identity(left) == identity(right)


def shown(value: Any) -> str:
    """Return a value as short text in which null, NaN, -0.0 and types can be told apart."""
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return from_us(to_us(value)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = repr(value)
    if len(text) <= _LONGEST:
        return text
    return f"{text[: _LONGEST - 20]}… ({len(text)} characters)"
