"""`RetrievalJob`: a point-in-time join that runs when its result is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from provender.errors import RequestError
from provender.frames import to_frame

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


class RetrievalJob:
    """The training rows that were asked for, not yet read.

    The result has one row per entity row, in their order: their columns, then the features.
    Each method runs the query anew.

    Args:
        run: Starts the query and returns its result as a stream.
        sql: Returns the query as text, or None when the store speaks no SQL.
    """

    def __init__(
        self, run: Callable[[], pa.RecordBatchReader], sql: Callable[[], str | None]
    ) -> None:
        self._run = run
        self._sql = sql

    @property
    def sql(self) -> str:
        """The query, in the SQL of the offline store.

        Raises:
            RequestError: The store speaks no SQL.
        """
        text = self._sql()
        if text is None:
            raise RequestError("the offline store of this project speaks no SQL")
        return text

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        """Return the result batch by batch; memory is bounded by the store's settings."""
        with self._run() as reader:
            yield from reader

    def to_arrow(self) -> pa.Table:
        """Return the result as a table."""
        with self._run() as reader:
            return reader.read_all()

    def to_df(self) -> pd.DataFrame:
        """Return the result as a pandas DataFrame with a new index; see `provender.frames`."""
        return to_frame(self.to_arrow())

    def to_parquet(self, path: str | Path) -> int:
        """Write the result to a Parquet file and return the number of rows.

        The file appears when it is complete; a query that fails leaves what was there.
        """
        import pyarrow.parquet as pq

        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.unfinished")
        rows = 0
        try:
            with self._run() as reader, pq.ParquetWriter(unfinished, reader.schema) as writer:
                for batch in reader:
                    writer.write_batch(batch)
                    rows += batch.num_rows
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
        return rows
