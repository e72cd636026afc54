"""The older spelling of definitions and requests: old names are accepted, with OlderNameWarning."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from inspect import Parameter, signature
from typing import Any, TypeVar

from provender.definitions.places import argument_place, caller_frame
from provender.errors import OlderNameWarning, Problem, did_you_mean, listed
from provender.types import (
    Array,
    Bool,
    Bytes,
    FeatureType,
    Float32,
    Float64,
    Int32,
    Int64,
    String,
    UnixTimestamp,
)

F = TypeVar("F")

VALUE_TYPES: Mapping[str, FeatureType] = {
    "BYTES": Bytes,
    "STRING": String,
    "INT32": Int32,
    "INT64": Int64,
    "DOUBLE": Float64,
    "FLOAT": Float32,
    "BOOL": Bool,
    "UNIX_TIMESTAMP": UnixTimestamp,
    "BYTES_LIST": Array(Bytes),
    "STRING_LIST": Array(String),
    "INT32_LIST": Array(Int32),
    "INT64_LIST": Array(Int64),
    "DOUBLE_LIST": Array(Float64),
    "FLOAT_LIST": Array(Float32),
    "BOOL_LIST": Array(Bool),
    "UNIX_TIMESTAMP_LIST": Array(UnixTimestamp),
}
"""The names of the older ``ValueType`` and the types that they mean."""
ValueType = Enum("ValueType", {name: i for i, name in enumerate(VALUE_TYPES)})  # type: ignore[misc]
"""The older spelling of feature types; ``ValueType.INT64`` means `provender.types.Int64`."""


@dataclass(frozen=True)
class Duration:
    """The older spelling of a length of time, as in protobuf.

    Attributes:
        seconds: Whole seconds.
        nanos: Nanoseconds; fractions of a microsecond are cut off.
    """

    seconds: int = 0
    nanos: int = 0


def warn_older(old: str, new: str) -> None:
    """Warn that `old` is the older name of `new`, at the user's line."""
    frame = caller_frame()
    warnings.warn_explicit(
        f"{old} is the older name: use {new}",
        OlderNameWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def current_names(
    kind: type, older: Mapping[str, Any], names: Mapping[str, str], place: str
) -> tuple[dict[str, Any], list[Problem]]:
    """Translate older keyword arguments.

    Args:
        kind: The class that was called, for messages.
        older: The keyword arguments that are not current names.
        names: Old name to current name.
        place: Where the call stands.

    Returns:
        The arguments under their current names, and a problem for each unknown one.
    """
    taken = _arguments(kind) if older.keys() - names.keys() else []
    problems = [
        Problem(
            f"{kind.__name__} takes no argument {name!r}",
            allowed=listed(taken, len(taken)),
            fix=did_you_mean(name, {*names, *taken}),
            place=argument_place(place, name),
        )
        for name in older
        if name not in names
    ]
    current = {names[name]: value for name, value in older.items() if name in names}
    for name in (name for name in older if name in names):
        warn_older(f"{kind.__name__}({name}=)", f"{kind.__name__}({names[name]}=)")
    return current, problems


def _arguments(kind: type) -> list[str]:
    """Return the names of all arguments that a class takes."""
    parameters = list(signature(kind).parameters.values())
    return [one.name for one in parameters if one.kind is not Parameter.VAR_KEYWORD]


def feature_type(value: object) -> FeatureType | None:
    """Return a type given as a `FeatureType`, its text, or an older ``ValueType`` member.

    Returns None when it is none of them.
    """
    if isinstance(value, FeatureType):
        return value
    name = getattr(value, "name", None)
    if isinstance(name, str) and name in VALUE_TYPES:
        kind = VALUE_TYPES[name]
        warn_older(f"ValueType.{name}", f"provender.types.{kind}")
        return kind
    return None


def time_to_live(value: object) -> timedelta | None:
    """Return a length of time given as timedelta or as an older ``Duration``; None when neither."""
    if isinstance(value, timedelta):
        return value
    seconds, nanos = getattr(value, "seconds", None), getattr(value, "nanos", None)
    if isinstance(seconds, int) and isinstance(nanos, int):
        warn_older("Duration", "datetime.timedelta")
        return timedelta(seconds=seconds, microseconds=nanos // 1000)
    return None


def references(
    features: F, feature_refs: Sequence[str] | None, *, full: bool
) -> tuple[F | Sequence[str], bool]:
    """Return the features of a request, and whether names are full, as they are under older names.

    Args:
        features: Those under the current name.
        feature_refs: Those under the older name, whose names are full.
        full: Whether the names of the others are full.
    """
    if feature_refs is None:
        return features, full
    warn_older("feature_refs=", "features= (with full_feature_names=True)")
    return feature_refs, True
