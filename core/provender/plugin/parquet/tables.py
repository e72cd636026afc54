"""Parquet files as one Arrow table, for stores without an engine that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from provender.plugin.parquet.columns import ParquetRows, parquet_rows_at
from provender.plugin.parquet.partitions import value_type

if TYPE_CHECKING:
    import pyarrow as pa


def read_table(path: str, root: Path) -> pa.Table:
    """Return all rows of Parquet files, in the order of the files.

    Args:
        path: See `provender.plugin.parquet.find_parquet`.
        root: Where a relative path starts.

    Raises:
        SourceError: There are none, or they do not fit together.
        OSError: One cannot be read.
    """
    import pyarrow as pa

    rows = parquet_rows_at(path, root)
    groups = rows.alike(ordered=True)
    if rows.partitions:  # each file has values of its own
        groups = [[number] for group in groups for number in group]
    return pa.concat_tables(_table(rows, numbers) for numbers in groups)


def table_schema(path: str, root: Path) -> pa.Schema:
    """Return the columns that `read_table` gives; no row is read.

    Raises:
        SourceError: There are none, or they do not fit together.
        OSError: One cannot be read.
    """
    import pyarrow as pa

    columns = parquet_rows_at(path, root).columns
    return pa.schema([(column.name, value_type(column.type)) for column in columns])


def _table(rows: ParquetRows, numbers: Sequence[int]) -> pa.Table:
    """Return the rows of files that have the same columns."""
    import pyarrow as pa
    import pyarrow.dataset as ds

    paths = [rows.places.files[number].path for number in numbers]
    schema = rows.schemas[numbers[0]]
    files = ds.dataset(paths, schema, format="parquet", filesystem=rows.places.filesystem)
    found = files.to_table()
    columns = []
    for column in rows.columns:
        kind = value_type(column.type)
        if column.name in schema.names:
            columns.append(found.column(column.name).cast(kind))
        else:
            value = rows.values(column.name, numbers[:1], kind)[0]
            columns.append(pa.chunked_array([pa.repeat(value, found.num_rows)], kind))
    return pa.table(columns, names=[column.name for column in rows.columns])
