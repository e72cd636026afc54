"""An item of DynamoDB: its content, key, size and cost.

Names of attributes count for the size of every item, so they are one letter each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from provender.errors import StoreError, bytes_text
from provender.plugin import OnlineRow, OnlineTable

KEY, EVENT, CREATED, VALUE, EXPIRES, LONG = "k", "e", "c", "v", "x", "l"
"""The item's key; the row's timestamps and value; when it expires; a row's key that is too long."""
MOST_BYTES = 400 * 1024
"""The size of an item that DynamoDB still takes."""
_LONGEST_KEY, _LONGEST_NAME, _NUMBER_BYTES = 1024, 255, 21
_PLAIN, _HASHED = b"k", b"h"
_WRITE_UNIT, _READ_UNIT = 1024, 4096
"""The bytes of an item that one unit pays for; each item is rounded up by itself."""


class Places:
    """Where rows stand: a table for each view, or one table for all of them.

    Args:
        prefix: What the names of the views' tables begin with.
        shared: The one table; None: a table for each view.
    """

    def __init__(self, prefix: str, shared: str | None) -> None:
        self._prefix = prefix
        self.shared = shared

    def table(self, table: OnlineTable) -> str:
        """Return the name of the DynamoDB table of a view."""
        if self.shared is not None:
            return self.shared
        name = f"{self._prefix}.{table.name}"
        if re.fullmatch(r"[A-Za-z0-9_.-]{3,255}", name) and len(name) <= _LONGEST_NAME:
            return name
        readable = re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:180]
        return f"{readable}.{sha256(name.encode()).hexdigest()[:32]}"

    def begins(self, table: OnlineTable) -> bytes:
        """Return what the keys of a view's items begin with: names hold no zero bytes."""
        return b"" if self.shared is None else table.name.encode() + b"\0"

    def keys(self, table: OnlineTable, keys: Iterable[bytes]) -> list[bytes]:
        """Return the item's key for each row; DynamoDB takes no key above 2,048 bytes."""
        begin = self.begins(table)
        plain, hashed = begin + _PLAIN, begin + _HASHED
        return [
            plain + key if len(key) <= _LONGEST_KEY else hashed + sha256(key).digest()
            for key in keys
        ]

    def row_keys(self, table: OnlineTable, items: Iterable[Mapping[str, Any]]) -> list[bytes]:
        """Return the row's key for each item.

        Raises:
            StoreError: One of them lacks it: earlier versions kept the hash of a long key only.
        """
        start = len(self.begins(table)) + len(_PLAIN)
        keys = []
        for one in items:
            key = bytes(one[KEY]["B"])
            if LONG in one:
                keys.append(bytes(one[LONG]["B"]))
            elif key[:start].endswith(_PLAIN):
                keys.append(key[start:])
            else:
                raise StoreError(
                    f"a row of feature view {table.view!r} was written without its long key",
                    got=f"the hash of a key of more than {_LONGEST_KEY:,} bytes",
                    fix="remove the view and apply, then add it again, apply and materialize",
                )
        return keys


def item(key: bytes, row: OnlineRow, ttl: int | None) -> dict[str, Any]:
    """Return the item of a row.

    Args:
        key: The item's key.
        row: The row.
        ttl: How long the row is of use after its event timestamp, in µs.
    """
    _, event, created, value = row
    made = {
        KEY: {"B": key},
        EVENT: {"N": str(event)},
        CREATED: {"N": str(created)},
        VALUE: {"B": value},
    }
    if len(row[0]) > _LONGEST_KEY:
        made[LONG] = {"B": row[0]}
    if ttl is not None:
        made[EXPIRES] = {"N": str(-(-(event + ttl) // 1_000_000))}  # s, never too early
    return made


def row_of(key: bytes, found: dict[str, Any]) -> OnlineRow:
    """Return the row that an item holds."""
    value = found[VALUE]["B"]
    return key, int(found[EVENT]["N"]), int(found[CREATED]["N"]), bytes(value)


def size(key: bytes, row: OnlineRow) -> int:
    """Return the bytes that DynamoDB counts for the item of a row, at most."""
    long = len(row[0]) + 1 if len(row[0]) > _LONGEST_KEY else 0
    return len(key) + long + len(row[3]) + 3 * _NUMBER_BYTES + 5


def write_units(sizes: Iterable[int]) -> int:
    """Return the write units of items of these sizes, in bytes: one for each begun KB of each."""
    return sum(-(-size // _WRITE_UNIT) for size in sizes)


def read_units(sizes: Iterable[int], *, consistent: bool) -> float:
    """Return the read units of items of these sizes, in bytes: one for each begun 4 KB of each.

    A read that need not see the last writes costs half.
    """
    whole = sum(-(-size // _READ_UNIT) for size in sizes)
    return whole if consistent else whole / 2


def check_sizes(table: OnlineTable, named: Sequence[tuple[bytes, OnlineRow]]) -> None:
    """Do nothing, unless an item is too large for DynamoDB.

    Raises:
        StoreError: Some are; nothing was written.
    """
    large = [size(key, row) for key, row in named if size(key, row) > MOST_BYTES]
    if large:
        raise StoreError(
            f"{len(large)} of {len(named)} rows of feature view {table.view!r} are too large for "
            "DynamoDB, and none was written",
            got=f"up to {bytes_text(max(large))}",
            allowed=f"{MOST_BYTES:,} bytes a row, its key included",
            fix="split the view, or store the large feature elsewhere and keep its URL here",
        )
