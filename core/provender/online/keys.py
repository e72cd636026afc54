"""Entity keys as bytes: canonical, typed, the same whatever the order of the join keys."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from provender.errors import RequestError, value_text
from provender.frames import is_missing
from provender.online.scalars import packed_column, packer, unpacker
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

_ALLOWED = {
    "Bool": "True or False",
    "Int32": "an integer of 32 bits",
    "Int64": "an integer of 64 bits",
    "String": "text",
    "Bytes": "bytes",
    "UnixTimestamp": "a datetime (naive means UTC)",
    "Date": "a date",
    "Uuid": "a uuid.UUID or its text",
}
_BITS = {"Int32": 31, "Int64": 63}


class KeyCodec:
    """Encodes the join keys of one view as a msgpack array, sorted by the names of the keys.

    Args:
        keys: Join key names and their types, in any order.
    """

    def __init__(self, keys: Sequence[tuple[str, FeatureType]]) -> None:
        import msgspec.msgpack

        self._keys = sorted(keys, key=lambda key: key[0])
        self._pack = msgspec.msgpack.Encoder().encode
        self._canonical = [_canonical(name, kind) for name, kind in self._keys]

    @property
    def names(self) -> tuple[str, ...]:
        """The join keys, in the order in which they are encoded."""
        return tuple(name for name, _ in self._keys)

    def encode_values(self, columns: Mapping[str, Sequence[Any]], rows: int) -> list[bytes | None]:
        """Return the key of each row given as Python values; None where one of them is null.

        What pandas writes for a missing value (NaN, NaT, NA) is null.

        Raises:
            RequestError: A value is not of its key's type.
        """
        pack = self._pack
        if len(self._keys) == 1:
            convert, name = self._canonical[0], self._keys[0][0]
            return [
                None if v is None or (key := convert(v)) is None else pack((key,))
                for v in columns[name]
            ]
        plain = [
            [None if value is None else convert(value) for value in columns[name]]
            for (name, _), convert in zip(self._keys, self._canonical, strict=True)
        ]
        if not plain:
            return [pack(())] * rows
        return [None if None in row else pack(row) for row in zip(*plain, strict=True)]

    def encode_columns(self, columns: Mapping[str, pa.Array], rows: int) -> list[bytes]:
        """Return the key of each row given as Arrow columns without nulls."""
        pack = self._pack
        plain = [packed_column(columns[name], kind) for name, kind in self._keys]
        return [pack(row) for row in zip(*plain, strict=True)] if plain else [pack(())] * rows

    def decode(self, key: bytes) -> dict[str, Any]:
        """Return the values of the join keys that a key encodes, by name."""
        import msgspec.msgpack

        plain = msgspec.msgpack.decode(key)
        values: dict[str, Any] = {}
        for (name, kind), value in zip(self._keys, plain, strict=True):
            convert = unpacker(kind)
            values[name] = value if convert is None else convert(value)
        return values


def _canonical(name: str, kind: FeatureType) -> Callable[[Any], Any]:
    """Return what checks one value of a join key and turns it into msgpack's terms.

    It gives None for a missing value.
    """
    accept = _ACCEPT[kind.name]
    pack = packer(kind)
    bits = _BITS.get(kind.name)

    def canonical(value: Any) -> Any:
        if bits and type(value) is int and -(1 << bits) <= value < 1 << bits:
            return value
        accepted = accept(value)
        if accepted is None and is_missing(value):
            return None
        if accepted is None or (bits and not -(1 << bits) <= accepted < 1 << bits):
            raise RequestError(
                f"entity key {name!r} is of the wrong type",
                got=f"{value_text(value)} ({type(value).__name__})",
                allowed=_ALLOWED[kind.name],
            )
        return pack(accepted) if pack else accepted

    return canonical


def _integer(value: Any) -> int | None:
    """Accept what is an integer by nature (numpy's too), never a bool, a float or text."""
    import operator

    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def _boolean(value: Any) -> bool | None:
    import numpy as np

    return bool(value) if isinstance(value, bool | np.bool_) else None


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, datetime) or value != value:  # pandas' NaT is one
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def _uuid(value: Any) -> uuid.UUID | None:
    if isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


_ACCEPT: Mapping[str, Callable[[Any], Any]] = {
    "Bool": _boolean,
    "Int32": _integer,
    "Int64": _integer,
    "String": lambda value: str(value) if isinstance(value, str) else None,
    "Bytes": lambda value: bytes(value) if isinstance(value, bytes | bytearray) else None,
    "UnixTimestamp": _instant,
    "Date": lambda v: v if isinstance(v, date) and not isinstance(v, datetime) else None,
    "Uuid": _uuid,
}
