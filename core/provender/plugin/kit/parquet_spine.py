"""Entity rows in Parquet files, for stores that do not read them themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from provender.errors import RequestError, SourceError
from provender.plugin.contract.plan import ParquetSpine

if TYPE_CHECKING:
    import pyarrow as pa


def parquet_rows(spine: ParquetSpine) -> pa.Table:
    """Return the entity rows of a Parquet file, of a directory of them, of a glob or at a URL.

    Raises:
        RequestError: They cannot be read.
    """
    from provender.plugin.parquet.tables import read_table

    with _readable(spine):
        return read_table(spine.path, Path.cwd())


def parquet_schema(spine: ParquetSpine) -> pa.Schema:
    """Return the columns that `parquet_rows` gives; no row is read.

    Raises:
        RequestError: They cannot be read.
    """
    from provender.plugin.parquet.tables import table_schema

    with _readable(spine):
        return table_schema(spine.path, Path.cwd())


@contextmanager
def _readable(spine: ParquetSpine) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (SourceError, OSError, pa.ArrowException) as error:
        raise RequestError(
            "the Parquet file of the entity rows cannot be read", got=f"{spine.path}: {error}"
        ) from error
