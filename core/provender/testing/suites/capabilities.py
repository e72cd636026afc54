"""Which capability a rule needs; see `CAPABILITIES`.

A test that needs a capability is skipped as ``NAME: not claimed`` for a store that does not claim
it, and always runs for a store that does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from provender.types import FeatureType

_Test = TypeVar("_Test", bound=Callable[..., object])
_MARK = "provender_needs"


def needs(capability: str) -> Callable[[_Test], _Test]:
    """Mark a test of a suite as one that a store has to pass only when it claims `capability`."""

    def mark(test: _Test) -> _Test:
        setattr(test, _MARK, capability)
        return test

    return mark


def needed_by(test: object, case: Mapping[str, Any] | None = None) -> str | None:
    """Return the capability that a test needs, if any.

    Args:
        test: The test's function.
        case: The parameters of a test of an offline store: what it is to hold.
    """
    own: str | None = getattr(test, _MARK, None)
    if own or case is None:
        return own
    kind = case.get("kind")
    of_kind = needed_for(kind) if isinstance(kind, FeatureType) else None
    return of_kind or needed_for(None, list(case.values()))


def needed_for(kind: FeatureType | None, value: object = None) -> str | None:
    """Return the capability that an offline store needs to hold a value of a type, if any."""
    if kind and (kind.name in ("Map", "Struct") or any(item.items for item in kind.items)):
        return "nested"
    return "zero_in_text" if _has_zero(value) else None


def _has_zero(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    return isinstance(value, list | tuple) and any(map(_has_zero, value))
