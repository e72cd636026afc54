"""Lengths of time as people write them: ``90m``, ``24h``, ``7d``, or ISO 8601."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from provender.plugin.kit.settings import DURATION

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHORT = re.compile(r"([0-9]{1,8}) ?([smhdw])")
_LONGEST = timedelta(days=36_500)


def parse_duration(value: object) -> object:
    """Return ``90s``, ``15m``, ``24h``, ``7d`` or ``2w`` as a timedelta.

    ISO 8601 is left to pydantic. A number is refused, since it does not say of what.

    Raises:
        ValueError: It is neither.
    """
    short = _SHORT.fullmatch(value.strip()) if isinstance(value, str) else None
    if short:
        return timedelta(**{_UNITS[short[2]]: int(short[1])})
    if isinstance(value, timedelta) or (isinstance(value, str) and value.strip()[:1] == "P"):
        return value
    raise ValueError(DURATION)


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    Field(ge=timedelta(0), le=_LONGEST),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": "^([0-9]{1,8} ?[smhdw]|P.+)$",
            "examples": ["90m", "24h", "7d", "PT24H"],
        }
    ),
]
"""A length of time up to a hundred years: ``24h``, ``7d``, or ISO 8601 such as ``PT24H``."""
