"""An online response as JSON, written from its columns without an object for each value."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import msgspec

from provender.clock import from_us
from provender.errors import RequestError
from provender.online.response import OnlineResponse, Status, ViewResult
from provender.types import FeatureType
from provender.wire.json_values import floats_to_json, to_json

_encoder = msgspec.json.Encoder()
_encode, _encode_lines = _encoder.encode, _encoder.encode_lines
_convert = lru_cache(maxsize=4096)(to_json)
_PRESENT = Status.PRESENT
_FLOATS = frozenset({"Float32", "Float64"})
_AS_THEY_ARE = frozenset({"Bool", "Int32", "Int64", "String"})
"""Types that are told apart without hashing the whole type."""
_NEVER = from_us(0)


def online_json(response: OnlineResponse) -> bytes:
    """Return the body of an answer; see `provender.wire.answers.OnlineAnswer`.

    Raises:
        RequestError: An entity column holds what JSON cannot.
    """
    names = list(response.entities)
    vectors = _entities(response)
    for view in response.views:
        names += view.outputs
        vectors += _features(view)
    head = b'{"metadata":{"feature_names":' + _encode(names) + b'},"results":['
    return head + b",".join(vectors) + b"]}"


def _entities(response: OnlineResponse) -> list[bytes]:
    vectors = []
    for name, values in response.entities.items():
        try:
            column = _encode(_entity_values(values, response.key_types.get(name)))
        except (OverflowError, TypeError, ValueError) as error:
            fact = f"entity column {name!r} holds a value that JSON cannot represent"
            raise RequestError(fact, got=str(error)) from None
        count = len(values)
        statuses = _present(count)
        if None in values:
            statuses = _encode(["NULL_VALUE" if v is None else "PRESENT" for v in values])
        vectors.append(_vector(column, statuses, _never(count)))
    return vectors


def _entity_values(values: Sequence[Any], kind: FeatureType | None) -> Sequence[Any]:
    """Return an entity column as JSON has it; only request data can hold floats."""
    if kind is not None and not (kind.name in _FLOATS or kind.items):
        return values
    return list(map(floats_to_json, values))


def _features(view: ViewResult) -> list[bytes]:
    count = len(view.rows)
    columns: Sequence[Sequence[Any]] = list(zip(*view.rows, strict=True))
    if not count:
        columns = [()] * len(view.outputs)
    whole = view.statuses.count(_PRESENT) == count and not any(view.missing)
    events = _encode([_NEVER if event is None else from_us(event) for event in view.events])
    if whole and _need_nothing(columns, view.types):
        return [_all_at_once(columns, _present(count), events)]
    vectors = []
    for place, (values, kind) in enumerate(zip(columns, view.types, strict=True)):
        written = _plain(values, kind)
        if written is None:
            written = _encode(_converted(values, _convert(kind)))
        if whole and None not in values:
            statuses = _present(count)
        else:
            statuses = _encode([status.value for status in view.status(place)])
        vectors.append(_vector(written, statuses, events))
    return vectors


def _need_nothing(columns: Sequence[Sequence[Any]], types: Sequence[FeatureType]) -> bool:
    """Return whether JSON has all values as they are, and none is null."""
    names = {kind.name for kind in types}
    if names <= _FLOATS:
        return _are_numbers(map(sum, columns))
    if not names <= _AS_THEY_ARE | _FLOATS:
        return False
    return all(
        _are_numbers(values) if kind.name in _FLOATS else None not in values
        for values, kind in zip(columns, types, strict=True)
    )


def _are_numbers(values: Iterable[Any]) -> bool:
    """Return whether no value is null, NaN or infinite: a sum is finite only if all of it is."""
    try:
        return math.isfinite(sum(values))
    except TypeError:
        return False


def _all_at_once(columns: Sequence[Sequence[Any]], statuses: bytes, events: bytes) -> bytes:
    """Return the vectors of columns that differ in nothing but their values.

    Each column is a line of its own, since JSON has no line break inside of a value.
    """
    lines = _encode_lines(columns)[:-1]
    end = b',"statuses":%b,"event_timestamps":%b}' % (statuses, events)
    return b'{"values":' + lines.replace(b"\n", end + b',{"values":') + end


def _plain(values: Sequence[Any], kind: FeatureType) -> bytes | None:
    """Return a column as JSON if it needs no conversion, None otherwise."""
    if kind.name in _FLOATS:
        return _encode(values) if _are_numbers(values) else None
    return _encode(values) if kind.name in _AS_THEY_ARE or _convert(kind) is None else None


def _converted(values: Sequence[Any], convert: Any) -> list[Any]:
    return [None if value is None else convert(value) for value in values]


def _vector(values: bytes, statuses: bytes, events: bytes) -> bytes:
    return b'{"values":%b,"statuses":%b,"event_timestamps":%b}' % (values, statuses, events)


@lru_cache(maxsize=1024)
def _present(count: int) -> bytes:
    return _encode(["PRESENT"] * count)


@lru_cache(maxsize=1024)
def _never(count: int) -> bytes:
    return _encode([_NEVER] * count)
