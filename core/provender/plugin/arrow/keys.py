"""Join keys as numbers: equal keys have equal numbers, whatever their types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_KEY = -1
"""The number of a key that holds a null: it matches nothing."""


def key_codes(tables: Sequence[Sequence[pa.Array]], rows: Sequence[int]) -> list[NDArray[np.int64]]:
    """Return a number for the key of each row; the keys of all tables are compared.

    Args:
        tables: For each table its key columns, of the same types in every table.
        rows: How many rows each table has.
    """
    codes = np.zeros(sum(rows), np.int64)
    null = np.zeros(sum(rows), np.bool_)
    for columns in zip(*tables, strict=True):
        whole = pa.chunked_array([chunk for column in columns for chunk in _chunks(column)])
        encoded = whole.combine_chunks().dictionary_encode()
        null |= _values(pc.is_null(encoded)).astype(np.bool_)
        own = _values(encoded.indices.fill_null(0)).astype(np.int64)
        if codes.any():  # numbered anew, or the product of a few columns would overflow
            _, codes = np.unique(codes, return_inverse=True)
        codes = codes * len(encoded.dictionary) + own
    codes = np.where(null, NO_KEY, codes)
    return np.split(codes, np.cumsum(rows)[:-1])


def _chunks(column: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return [_storage(chunk) for chunk in chunks] or [_storage(pa.array([], column.type))]


def _storage(chunk: pa.Array) -> pa.Array:
    return chunk.storage if isinstance(chunk.type, pa.BaseExtensionType) else chunk


def _values(column: pa.Array) -> NDArray[np.generic]:
    found: NDArray[np.generic] = column.to_numpy(zero_copy_only=False)
    return found
