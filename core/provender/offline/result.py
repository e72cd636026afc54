"""`Result`: rows that are read when the result is requested."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provender.arguments import path_of
from provender.frames import to_frame, to_polars
from provender.plugin.kit.readers import reading
from provender.tabular.given_rows import python_values

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class Result(ABC):
    """Rows of an offline store, not yet read; each method reads them anew."""

    @abstractmethod
    def _run(self) -> pa.RecordBatchReader:
        """Return the rows, streamed."""

    def to_reader(self) -> pa.RecordBatchReader:
        """Return the result streamed, with its columns.

        What the rows come from is released at their end, by an error of the store, or with the last
        reference to the reader: its own `close` releases nothing. To stop earlier, close the
        iterator of `to_batches`.
        """
        return self._run()

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        """Return the result batch by batch; memory is bounded by the store's settings."""
        with reading(self._run()) as reader:
            yield from reader

    def to_arrow(self) -> pa.Table:
        """Return the result as a table."""
        with reading(self._run()) as reader:
            return reader.read_all()

    def to_df(self) -> pd.DataFrame:
        """Return the result as a pandas DataFrame with a new index; see `provender.frames`."""
        return to_frame(self.to_arrow())

    def to_polars(self) -> pl.DataFrame:
        """Return the result as a DataFrame of polars, with JSON as text and UUIDs as bytes.

        Raises:
            MissingExtra: polars is not installed.
        """
        return to_polars(self.to_arrow())

    def to_dict(self) -> dict[str, list[Any]]:
        """Return the result by column, as Python's own values; instants are in UTC."""
        table = self.to_arrow()
        return {
            name: python_values(column)
            for name, column in zip(table.column_names, table.columns, strict=True)
        }

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Offer the result, streamed, to every library that reads Arrow's streams."""
        return self._run().__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(repr(self))}</pre>"

    def to_parquet(self, path: str | Path) -> int:
        """Write the result to a Parquet file and return the number of rows.

        The file appears when it is complete; a query that fails leaves what was there.

        Raises:
            RequestError: The path is none.
        """
        import pyarrow.parquet as pq

        target = path_of("path", path)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.unfinished")
        rows = 0
        try:
            with (
                reading(self._run()) as reader,
                pq.ParquetWriter(unfinished, reader.schema) as writer,
            ):
                for batch in reader:
                    writer.write_batch(batch)
                    rows += batch.num_rows
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
        return rows
