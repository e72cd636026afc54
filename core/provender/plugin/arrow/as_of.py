"""`as_of`: which row of a source each entity row matches, in time that grows with the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from provender.plugin.arrow.keys import NO_KEY, key_codes
from provender.plugin.arrow.source_table import SourceTable, microseconds

if TYPE_CHECKING:
    from numpy.typing import NDArray


def as_of(
    source: SourceTable,
    keys: Sequence[pa.ChunkedArray],
    timestamps: pa.ChunkedArray,
    ttl: int | None = None,
) -> pa.Array:
    """Return for each entity row the place of the row that it matches, null where there is none.

    A row matches when the keys are equal and ``q - ttl <= event <= q``, both ends included; of
    several the newest wins. A null in a key or in ``q`` matches nothing.

    Rows and entity rows are sorted together by key and time; the last row that comes before an
    entity row is carried forward to it.

    Args:
        source: The rows.
        keys: The entity rows' columns for each join key, of the declared types.
        timestamps: Their timestamps ``q``, as ``timestamp[us, UTC]``.
        ttl: How long a row is valid in µs; None or 0: for ever.
    """
    asked = microseconds(timestamps)
    stored = source.table.num_rows
    codes, wanted = key_codes([source.keys, keys], [stored, len(asked)])
    order = source.oldest_first(codes)
    events = source.events[order]
    kind = np.repeat([0, 1], [stored, len(asked)])
    both = np.lexsort(
        (kind, np.concatenate([events, asked]), np.concatenate([codes[order], wanted]))
    )
    newest = np.maximum.accumulate(np.where(both < stored, both, -1))
    is_asked = both >= stored
    found = np.full(len(asked), -1)
    found[both[is_asked] - stored] = newest[is_asked]
    return _places(found, order, _matches(found, codes[order], wanted, events, asked, ttl))


def _matches(
    found: NDArray[np.int64],
    codes: NDArray[np.int64],
    wanted: NDArray[np.int64],
    events: NDArray[np.int64],
    asked: NDArray[np.int64],
    ttl: int | None,
) -> NDArray[np.bool_]:
    """Return whether what was found has the wanted key, and is not too old."""
    right: NDArray[np.bool_] = (found >= 0) & (wanted != NO_KEY)
    if not len(codes):
        return right
    right &= codes[found] == wanted
    if ttl:
        right &= asked - events[found] <= min(ttl, np.iinfo(np.int64).max)
    return right


def _places(
    found: NDArray[np.int64], order: NDArray[np.int64], right: NDArray[np.bool_]
) -> pa.Array:
    if not len(order):
        return pa.nulls(len(found), pa.int64())
    return pa.array(order[found], pa.int64(), mask=~right)
