"""``ValueType``, ``Feature`` and ``Duration``: classes of the older spelling."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from provender.definitions.field import Field
from provender.definitions.older_names import VALUE_TYPES, warn_older

ValueType = Enum("ValueType", {name: i for i, name in enumerate(VALUE_TYPES)})  # type: ignore[misc]
"""The older spelling of feature types; ``ValueType.INT64`` means `provender.types.Int64`."""


@dataclass(frozen=True)
class Duration:
    """The older spelling of a length of time, as in protobuf.

    Attributes:
        seconds: Whole seconds.
        nanos: Nanoseconds; what is below a microsecond is cut off.
    """

    seconds: int = 0
    nanos: int = 0


def Feature(name: str, dtype: object, labels: dict[str, str] | None = None) -> Field:  # noqa: N802
    """Return a `Field`; the older spelling of it."""
    warn_older("Feature", "provender.Field")
    return Field(name=name, dtype=dtype, tags=labels)
