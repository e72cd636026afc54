"""How a row is stored: both timestamps in 16 bytes, then the value."""

from __future__ import annotations

from struct import Struct

from provender.plugin import OnlineRow

_STAMP = Struct(">QQ")
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
