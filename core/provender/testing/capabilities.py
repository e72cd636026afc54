"""What a store may be able to do beyond the contract, by the names that `StoreType` claims.

A test that needs a capability is skipped as ``NAME: not claimed`` for a store that does not claim
it, and always runs for a store that does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from provender.plugin.info import Role

CAPABILITIES: Mapping[Role, Mapping[str, str]] = {
    "offline": {
        "parquet_spine": "entity rows may be a Parquet file",
        "sql_spine": "entity rows may be a query",
        "sql": "the query of a join can be shown as text",
        "negative_zero": "-0.0 comes back as -0.0, not as 0.0",
    },
    "online": {
        "multi_process": "several processes may use the store at the same time",
        "large_values": "a value may have several megabytes",
        "count": "the number of rows is known at once",
    },
    "registry": {
        "multi_process": "several processes may use the registry at the same time",
    },
    "engine": {},
}
"""Every capability that the suites know, by the store's role."""

_Test = TypeVar("_Test", bound=Callable[..., object])
_MARK = "provender_needs"


def needs(capability: str) -> Callable[[_Test], _Test]:
    """Mark a test of a suite as one that a store has to pass only when it claims `capability`."""

    def mark(test: _Test) -> _Test:
        setattr(test, _MARK, capability)
        return test

    return mark


def needed_by(test: object) -> str | None:
    """Return the capability that a test needs, if any."""
    return getattr(test, _MARK, None)
