"""How a row is stored: both timestamps in 16 bytes, then the value."""

from __future__ import annotations

from struct import Struct

from provender.plugin import OnlineRow

_STAMP = Struct(">QQ")
_EVENT = Struct(">Q")
EVENT_BYTES = _EVENT.size
"""How many bytes of what is stored hold the event timestamp; it begins with them."""
_LOWEST = 2**63
"""Added to a timestamp, it makes unsigned numbers of signed ones, in the same order."""


def encode(row: OnlineRow) -> bytes:
    """Return what is stored for a row."""
    _, event, created, value = row
    return _STAMP.pack(event + _LOWEST, created + _LOWEST) + value


def decode(key: bytes, stored: bytes | None) -> OnlineRow | None:
    """Return the row of `key` from what is stored, None for nothing."""
    if stored is None:
        return None
    event, created = _STAMP.unpack_from(stored)
    return key, event - _LOWEST, created - _LOWEST, stored[_STAMP.size :]


def event_of(begin: bytes) -> int | None:
    """Return the event timestamp in µs from the first bytes of what is stored, None for nothing."""
    if len(begin) < EVENT_BYTES:
        return None
    (event,) = _EVENT.unpack_from(begin)
    return int(event) - _LOWEST
