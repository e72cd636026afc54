"""Rows and documents of whole stores, as msgpack: for a feature store that works through a server.

Each operation is ``POST /stores/online/NAME`` or ``POST /stores/registry/NAME``; body and answer
are msgpack. Rows are those of `provender.plugin.OnlineStore`, documents those of its `Registry`.
"""

from __future__ import annotations

from typing import Final

import msgspec

ONLINE: Final = "/stores/online/"
REGISTRY: Final = "/stores/registry/"
MSGPACK: Final = "application/msgpack"

Row = tuple[bytes, int, int, bytes]
"""``(key, event timestamp, created timestamp, value)``, timestamps in µs since 1970 in UTC."""


class Table(msgspec.Struct, array_like=True):
    """An `OnlineTable`."""

    project: str
    view: str
    ttl: int | None = None
    generation: int = 0


class Keys(msgspec.Struct, array_like=True):
    """The keys that are wanted of a table."""

    table: Table
    keys: list[bytes]


class Rows(msgspec.Struct, array_like=True):
    """Rows to merge into a table."""

    table: Table
    rows: list[Row]


class Stored(msgspec.Struct, array_like=True):
    """A `Document`."""

    payload: bytes
    version: int
    written_us: int


class Named(msgspec.Struct, array_like=True):
    """Which document, or which version of it; or what the names of documents begin with."""

    name: str
    version: int = 0


class Writing(msgspec.Struct, array_like=True):
    """The next version of a document, which it replaces, and whether the earlier ones stay."""

    name: str
    payload: bytes
    expected_version: int
    keep_history: bool = True
