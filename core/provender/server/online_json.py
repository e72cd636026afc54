"""An online response as JSON, written from its columns without an object for each value."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from provender.clock import from_us
from provender.errors import RequestError
from provender.online.response import OnlineResponse, Status, ViewResult
from provender.types import FeatureType
from provender.wire.json_values import to_json

_encode = msgspec.json.Encoder().encode
_convert = lru_cache(maxsize=4096)(to_json)
_PRESENT = Status.PRESENT
_FLOATS = ("Float32", "Float64")
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
            column = _encode(values)  # no type of a join key needs a conversion
        except (OverflowError, TypeError, ValueError) as error:
            fact = f"entity column {name!r} holds a value that JSON cannot hold"
            raise RequestError(fact, got=str(error)) from None
        count = len(values)
        statuses = _present(count)
        if None in values:
            statuses = _encode(["NULL_VALUE" if v is None else "PRESENT" for v in values])
        vectors.append(_vector(column, statuses, _never(count)))
    return vectors


def _features(view: ViewResult) -> list[bytes]:
    count = len(view.rows)
    columns: Sequence[Sequence[Any]] = list(zip(*view.rows, strict=True))
    if not count:
        columns = [()] * len(view.outputs)
    whole = view.statuses.count(_PRESENT) == count and not any(view.missing)
    events = _encode([_NEVER if event is None else from_us(event) for event in view.events])
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


def _plain(values: Sequence[Any], kind: FeatureType) -> bytes | None:
    """Return a column as JSON if it needs no conversion, None otherwise."""
    if kind.name in _FLOATS:
        try:  # a sum is finite only if everything in it is, and there is none of a null
            return _encode(values) if math.isfinite(sum(values)) else None
        except TypeError:
            return None
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
