"""Time: one clock that tests can replace, and timestamps as µs since 1970 in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from provender.errors import RequestError, value_text

Clock = Callable[[], datetime]
"""A function that returns the current instant as an aware `datetime`."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def system_clock() -> datetime:
    """Return the current instant in UTC."""
    return datetime.now(UTC)


def to_us(instant: datetime) -> int:
    """Return `instant` as µs since 1970 UTC; a naive datetime means UTC."""
    aware = instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant
    return (aware - EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """Return µs since 1970 UTC as an aware datetime in UTC."""
    return EPOCH + timedelta(microseconds=us)


def duration_us(span: timedelta) -> int:
    """Return a length of time in µs."""
    return span // _MICROSECOND


_LENGTHS = (("day", 86_400_000_000), ("hour", 3_600_000_000), ("minute", 60_000_000))


def duration_text(us: int) -> str:
    """Return a length of time in µs as people say it, such as ``1 day, 2 hours``."""
    parts = []
    for unit, length in _LENGTHS:
        count, us = divmod(us, length)
        parts += [f"{count:,} {unit}{'s' if count > 1 else ''}"] if count else []
    if us or not parts:
        seconds = f"{us // 1_000_000}.{us % 1_000_000:06}".rstrip("0").rstrip(".")
        parts.append(f"{seconds} second{'' if seconds == '1' else 's'}")
    return ", ".join(parts)


def seconds_text(seconds: float) -> str:
    """Return a length of time in seconds as people say it, such as ``5 seconds``."""
    return duration_text(round(seconds * 1_000_000))


def parse_instant(value: date | str, *, name: str = "timestamp") -> datetime:
    """Return an instant given as a datetime, a date or ISO 8601 text; naive means UTC.

    A date means its midnight.

    Raises:
        RequestError: It is none of these.
    """
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime) or value != value:  # pandas' NaT is one
        text: Any = value
        try:
            value = datetime.fromisoformat(text.strip())
        except (ValueError, AttributeError, TypeError) as error:
            raise RequestError(
                f"{name} is not a timestamp",
                got=value_text(value),
                allowed="ISO 8601, such as 2026-01-31T12:00:00 (UTC) or 2026-01-31T12:00:00+02:00, "
                "a datetime, or a date",
            ) from error
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
