"""Rows and documents of whole stores, as msgpack: for a feature store that works through a server.

Each operation is ``POST /stores/online/NAME`` or ``POST /stores/registry/NAME``; body and answer
are msgpack. Rows are those of `provender.plugin.OnlineStore`, documents those of its `Registry`.
The answer to ``keys`` is a stream of messages, each after its length in 4 bytes, the highest first:
portions of keys, and in the end null, or what failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from provender.wire.answers import Failure

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


class Measured(msgspec.Struct, array_like=True):
    """A table whose figures are wanted, and before which instant (µs) its rows have expired."""

    table: Table
    expired_before: int | None


class Rows(msgspec.Struct, array_like=True):
    """Rows to merge into a table."""

    table: Table
    rows: list[Row]


class Sweep(msgspec.Struct, array_like=True):
    """The table from which rows are removed, the instant (µs) that they are before, how many."""

    table: Table
    before: int
    most: int


class Swap(msgspec.Struct, array_like=True):
    """The row that is expected at a key of a table, if any, and the one that replaces it."""

    table: Table
    key: bytes
    expected: Row | None
    row: Row


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


_LENGTH_BYTES = 4
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[bytes] | Failure | None).decode


def write_message(message: list[bytes] | Failure | None) -> bytes:
    """Return one message of a stream of keys, after its length."""
    body = _encode(message)
    return len(body).to_bytes(_LENGTH_BYTES, "big") + body


def read_messages(pieces: Iterable[bytes]) -> Iterator[list[bytes] | Failure | None]:
    """Return the messages of a stream of keys that comes in pieces of any size.

    Raises:
        msgspec.MsgspecError: One of them has the wrong shape.
    """
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= (end := _LENGTH_BYTES + int.from_bytes(held[:_LENGTH_BYTES], "big")):
            yield _decode(bytes(held[_LENGTH_BYTES:end]))
            del held[:end]
