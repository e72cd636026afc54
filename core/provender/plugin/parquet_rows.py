"""`parquet_rows`: the entity rows of Parquet files, for stores that do not read them themselves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from provender.errors import RequestError
from provender.plugin.reading import ParquetSpine

if TYPE_CHECKING:
    import pyarrow as pa


def parquet_rows(spine: ParquetSpine) -> pa.Table:
    """Return the entity rows of a Parquet file, of a directory of them or of a glob.

    Raises:
        RequestError: They cannot be read.
    """
    import pyarrow as pa
    import pyarrow.dataset as ds

    path = Path(spine.path)
    paths = sorted(map(str, path.parent.glob(path.name))) or [spine.path]
    try:
        found = ds.dataset(paths if len(paths) > 1 else paths[0], format="parquet")
        return found.to_table()
    except (OSError, pa.ArrowException) as error:
        raise RequestError(
            "the Parquet file of the entity rows cannot be read", got=f"{spine.path}: {error}"
        ) from error
