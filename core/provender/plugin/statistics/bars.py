"""The bars of a histogram: where each begins and ends, and how many values it holds."""

from __future__ import annotations

import decimal
import itertools
import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from provender.plugin.statistics.figures import Bin
from provender.types import FeatureType

BARS = 12
"""The most bars of a histogram, and the most of the commonest values."""
_DAY = timedelta(days=1)
_DIGITS = decimal.Context(prec=800)
"""Enough for any 64-bit float, and for any decimal of 38 digits, to be exact."""


def bar_ends(low: Any, high: Any, kind: FeatureType) -> list[Any]:
    """Return where the bars begin, and where the last ends: floats, or instants in UTC.

    The bars are of one width; there is only one when all values are the same as floats.

    Args:
        low: The least value, of those that are finite.
        high: The greatest.
        kind: Their type.
    """
    if kind.name in ("UnixTimestamp", "Date"):
        low, high = _instant(low), _instant(high)
        inner = [low + (high - low) * n // BARS for n in range(1, BARS)]
        return [low, *inner, high] if low < high else [low, high]
    first, width = Fraction(low), Fraction(high) - Fraction(low)
    low, high = float(low), float(high)
    inner = [float(first + width * n / BARS) for n in range(1, BARS)]
    return [low, *inner, high] if low < high else [low, high]


def bar_bounds(ends: Sequence[Any], kind: FeatureType) -> list[Any]:
    """Return, for each bar but the first, the least value of the type that may lie in it.

    A value lies in the bar, or in a later one, just when it is not less than that.
    """
    return [_least(end, kind) for end in ends[1:-1]]


def bars(ends: Sequence[Any], reached: Sequence[int]) -> tuple[Bin, ...]:
    """Return the bars.

    Args:
        ends: What `bar_ends` gave.
        reached: How many values there are, and how many are not less than each of `bar_bounds`.
    """
    counts = [here - later for here, later in itertools.pairwise([*reached, 0])]
    pairs = itertools.pairwise(ends)
    return tuple(Bin(low, high, n) for (low, high), n in zip(pairs, counts, strict=True))


def _instant(value: date) -> datetime:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return datetime.combine(value, time(), UTC)


def _least(end: Any, kind: FeatureType) -> Any:
    """Return the least value of a type that is not less than an end."""
    if kind.name == "Date":
        return end.date() + _DAY if end.time() > time() else end.date()
    if kind.name in ("Int32", "Int64"):
        return math.ceil(end)
    if kind.digits:
        smallest = decimal.Decimal((0, (1,), -kind.digits[1]))
        return decimal.Decimal(end).quantize(smallest, decimal.ROUND_CEILING, _DIGITS)
    return end
