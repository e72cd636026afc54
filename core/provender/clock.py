"""Time: one clock that tests can replace, and instants as µs since 1970 in UTC."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from provender.errors import RequestError

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


def parse_instant(value: datetime | str, *, name: str = "timestamp") -> datetime:
    """Return an instant given as a datetime or as ISO 8601 text; naive means UTC.

    Raises:
        RequestError: The text is not a timestamp.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError as error:
            raise RequestError(
                f"{name} is not a timestamp",
                got=repr(value),
                allowed="ISO 8601, such as 2026-01-31T12:00:00 (UTC) or 2026-01-31T12:00:00+02:00",
            ) from error
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
