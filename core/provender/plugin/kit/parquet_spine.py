"""`parquet_rows`: the entity rows of Parquet files, for stores that do not read them themselves."""

from __future__ import annotations

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
    import pyarrow as pa

    from provender.plugin.parquet.tables import read_table

    try:
        return read_table(spine.path, Path.cwd())
    except (SourceError, OSError, pa.ArrowException) as error:
        raise RequestError(
            "the Parquet file of the entity rows cannot be read", got=f"{spine.path}: {error}"
        ) from error
