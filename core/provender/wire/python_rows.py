"""Columns of Python values in JSON, each value exact: what JSON has no number for is marked.

A float that is NaN or infinite is null in its column, and its place is in the member `not_finite`
of the request: the place is the column, the row and, inside of a nested value, the keys, the
positions in lists, and the positions in maps that are lists of pairs. All other values are as
`provender.wire.json_values` has them.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from provender.errors import RequestError, value_text
from provender.frames import is_missing, own_values
from provender.wire.json_values import NOT_FINITE, float_to_json

Step = str | int
NotFinite = dict[str, list[list[Step]]]
"""``NaN``, ``Infinity`` and ``-Infinity``, each with the places at which it is."""
_WHOLE = frozenset({type(None), bool, str, bytes, datetime, date, Decimal, uuid.UUID})
"""The types that msgspec writes as `provender.wire.json_values` has them."""
_ALLOWED = (
    "None, numbers of at most 64 bits, text, bytes, dates, datetimes, Decimal, UUID, "
    "and lists and dicts of these; an Arrow table holds any other type"
)


class _CannotBeSent(Exception):  # noqa: N818 - never reaches users
    """A value for which JSON has no form."""


def columns_to_json(columns: Mapping[str, Sequence[Any]]) -> tuple[dict[str, Any], NotFinite]:
    """Return columns in terms that msgspec writes as JSON, and the floats that it cannot.

    Raises:
        RequestError: A value has a type that JSON has no form for.
    """
    marks: NotFinite = {}
    return {name: _column(name, values, marks) for name, values in columns.items()}, marks


def restore(columns: Mapping[str, list[Any]], marks: NotFinite) -> None:
    """Put floats that are NaN or infinite where they are, in columns as they were read.

    Raises:
        RequestError: A place, or a float, is none.
    """
    for text, places in marks.items():
        for place in places:
            try:
                _put(columns, place, NOT_FINITE[text])
            except (IndexError, KeyError, TypeError, ValueError):
                raise RequestError(
                    "`not_finite` names no null of the rows",
                    got=value_text({text: place}),
                    allowed="NaN, Infinity or -Infinity, with places [column, row, …]",
                ) from None


def _put(columns: Any, place: Sequence[Step], value: float) -> None:
    *steps, last = place
    inside = columns
    for step in steps:
        inside = inside[step]
    if inside[last] is not None or (isinstance(last, int) and last < 0):
        raise ValueError(place)
    inside[last] = value


def _column(name: str, values: Sequence[Any], marks: NotFinite) -> Sequence[Any]:
    kinds = set(map(type, values))
    if kinds <= _WHOLE:
        return values
    if kinds <= {float, type(None)} and all(v is None or math.isfinite(v) for v in values):
        return values
    return [_sent(value, [name, row], marks) for row, value in enumerate(own_values(values))]


def _sent(value: Any, place: list[Step], marks: NotFinite) -> Any:
    try:
        return _in_json(value, place, marks)
    except _CannotBeSent as error:
        raise RequestError(
            f"column {place[0]!r} has a value in row {place[1]} that cannot be sent to a server",
            got=str(error),
            allowed=_ALLOWED,
        ) from None


def _in_json(value: Any, place: list[Step], marks: NotFinite) -> Any:
    """Return a value in terms of JSON; a float that has no such term is marked."""
    if type(value) in _WHOLE:
        return value
    if isinstance(value, float):
        return _number(float(value), place, marks)
    if is_missing(value):
        return None
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return int(value)
    if isinstance(value, Mapping):
        return _record(value, place, marks)
    if isinstance(value, list | tuple):
        items = enumerate(own_values(value))
        return [_in_json(item, [*place, step], marks) for step, item in items]
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    raise _CannotBeSent(f"{value_text(value)} ({type(value).__name__})")


def _number(value: float, place: list[Step], marks: NotFinite) -> float | None:
    if math.isfinite(value):
        return value
    marks.setdefault(str(float_to_json(value)), []).append(place)
    return None


def _record(value: Mapping[Any, Any], place: list[Step], marks: NotFinite) -> Any:
    if all(isinstance(key, str) for key in value):
        inside: Iterator[tuple[str, Any]] = zip(
            value, own_values(list(value.values())), strict=True
        )
        return {str(key): _in_json(item, [*place, key], marks) for key, item in inside}
    return _in_json([list(pair) for pair in value.items()], place, marks)
