"""The content digest of rows: equal for the same rows, whatever their order and their batches.

Each row is hashed with SHA-256 over the bytes of its values; see `canonical`. The hashes are added
up as four numbers of 64 bits, and the sums are hashed together with the columns. So the digest
depends on the names, order and types of the columns, on every value, and on how often a row
occurs, but not on the order of the rows. It finds changes; it is not a signature: somebody who
looks for other rows with the same digest may find some.

Sums of hashes: Bellare and Micciancio, A New Paradigm for Collision-Free Hashing (EUROCRYPT 1997).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provender.datasets.canonical import encoded, joined, type_text
from provender.errors import RequestError
from provender.plugin.kit.readers import reading

if TYPE_CHECKING:
    import pyarrow as pa

_PREFIX = "rows1:"
"""The version of how digests are computed."""
_SLICE_ROWS = 8192
"""The most rows whose bytes are in memory at once."""


@dataclass(frozen=True, slots=True)
class Content:
    """What rows hold.

    Attributes:
        rows: How many there are.
        digest: Their digest.
        schema: Their columns.
    """

    rows: int
    digest: str
    schema: pa.Schema


class RowDigest:
    """Adds up rows as they come; see `digesting`."""

    def __init__(self, schema: pa.Schema, database: Any) -> None:
        import numpy as np

        self._schema = schema
        self._database = database
        self._rows = 0
        self._sums = np.zeros(4, np.uint64)

    def add(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch.

        Raises:
            RequestError: The values of a column cannot be compared, by their type.
        """
        for start in range(0, batch.num_rows, _SLICE_ROWS):
            self._add(batch.slice(start, _SLICE_ROWS))
        self._rows += batch.num_rows

    def content(self) -> Content:
        """Return what the rows hold that were added so far."""
        columns = [[field.name, type_text(field.type)] for field in self._schema]
        parts = [columns, self._rows, self._sums.tolist()]
        text = json.dumps(parts, separators=(",", ":"))
        return Content(
            self._rows, _PREFIX + hashlib.sha256(text.encode()).hexdigest(), self._schema
        )

    def _add(self, rows: pa.RecordBatch) -> None:
        import numpy as np
        import pyarrow as pa

        try:
            whole = joined(*map(encoded, rows.columns))
        except NotImplementedError as error:
            raise RequestError("rows with such a column have no digest", got=str(error)) from error
        hashed = self._database.from_arrow(pa.table({"row": whole})).project("sha256(row) AS hash")
        texts = hashed.to_arrow_table().column("hash").cast(pa.string()).combine_chunks()
        digits = texts.buffers()[2].to_pybytes().decode()
        numbers = np.frombuffer(bytes.fromhex(digits), "<u8")
        self._sums += numbers.reshape(-1, 4).sum(axis=0, dtype=np.uint64)


@contextmanager
def digesting(schema: pa.Schema) -> Iterator[RowDigest]:
    """Yield what adds up rows with the columns of a schema."""
    import duckdb

    database = duckdb.connect(":memory:", config={"threads": 1})
    try:
        yield RowDigest(schema, database)
    finally:
        database.close()


def content_of(reader: pa.RecordBatchReader) -> Content:
    """Return what streamed rows hold; they are read to their end, batch by batch."""
    with reading(reader), digesting(reader.schema) as digest:
        for batch in reader:
            digest.add(batch)
        return digest.content()
