"""Feature values as bytes: a msgpack array that begins with the fingerprint of its layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any

from provender.online.layout import Layout
from provender.online.scalars import packed_column, unpacker
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

Decode = Callable[[list[Any]], list[Any]]


def encode_values(layout: Layout, columns: Sequence[pa.Array], rows: int) -> list[bytes]:
    """Return one value per row.

    Args:
        layout: The features' names and types.
        columns: An array for each of them, of its Arrow type.
        rows: How many rows there are.
    """
    import msgspec.msgpack

    pack = msgspec.msgpack.Encoder().encode
    plain = [
        packed_column(column, kind)
        for (_, kind), column in zip(layout.columns, columns, strict=True)
    ]
    return list(map(pack, zip(repeat(layout.fingerprint, rows), *plain, strict=False)))


class ValueReader:
    """Decodes values of any known layout into the wanted features.

    Args:
        layouts: Every layout that rows of the view were ever written in, by fingerprint.
        wanted: The features to give, with their present types.
    """

    def __init__(
        self, layouts: Mapping[int, Layout], wanted: Sequence[tuple[str, FeatureType]]
    ) -> None:
        import msgspec.msgpack

        self.unpack: Callable[[bytes], list[Any]] = msgspec.msgpack.Decoder(list).decode
        self.missing = {fp: _missing(layout, wanted) for fp, layout in layouts.items()}
        self._pick = {fp: _picker(layout, wanted) for fp, layout in layouts.items()}

    def pick(self, raw: list[Any]) -> list[Any]:
        """Return the wanted features of an unpacked value, None for those that it lacks."""
        return self._pick[raw[0]](raw)


def _position(layout: Layout, name: str, kind: FeatureType) -> int | None:
    """Return where a feature stands in the raw array; one of another type is another feature."""
    for position, column in enumerate(layout.columns, start=1):
        if column == (name, kind):
            return position
    return None


def _missing(layout: Layout, wanted: Sequence[tuple[str, FeatureType]]) -> frozenset[int]:
    """Return the positions in `wanted` of features that the layout lacks."""
    positions = [_position(layout, name, kind) for name, kind in wanted]
    return frozenset(i for i, position in enumerate(positions) if position is None)


def _picker(layout: Layout, wanted: Sequence[tuple[str, FeatureType]]) -> Decode:
    positions = [_position(layout, name, kind) for name, kind in wanted]
    converts = [unpacker(kind) for _, kind in wanted]
    if None not in positions and not any(converts):
        return _plain_picker([p for p in positions if p is not None], len(layout.columns))
    steps = list(zip(positions, converts, strict=True))

    def pick(raw: list[Any]) -> list[Any]:
        values = []
        for position, convert in steps:
            value = None if position is None else raw[position]
            values.append(convert(value) if convert and value is not None else value)
        return values

    return pick


def _plain_picker(positions: list[int], width: int) -> Decode:
    if positions == list(range(1, width + 1)):
        return lambda raw: raw[1:]
    return lambda raw: [raw[position] for position in positions]
