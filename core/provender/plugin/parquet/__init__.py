"""Parquet files, read in the same way wherever they are stored."""

from provender.plugin.parquet.columns import ParquetColumn, ParquetRows, parquet_rows_at
from provender.plugin.parquet.partitions import value_type
from provender.plugin.parquet.places import (
    ParquetFile,
    ParquetFiles,
    appendable,
    find_parquet,
    is_url,
)
from provender.plugin.parquet.tables import read_table

__all__ = [
    "ParquetColumn",
    "ParquetFile",
    "ParquetFiles",
    "ParquetRows",
    "appendable",
    "find_parquet",
    "is_url",
    "parquet_rows_at",
    "read_table",
    "value_type",
]
