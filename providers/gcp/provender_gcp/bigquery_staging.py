"""Rows on their way into BigQuery: a Parquet file, and a load job that adds all of it or none."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from provender.errors import RequestError
from provender.plugin import ParquetSpine
from provender_gcp.bigquery_jobs import Jobs

if TYPE_CHECKING:
    import pyarrow as pa
    from google.cloud.bigquery import SchemaField

SLICE_ROWS = 250_000
"""Rows of a row group of the file."""


def loaded(jobs: Jobs, rows: pa.Table, name: str, fields: Sequence[SchemaField]) -> None:
    """Add rows to a table that has columns for them, all of them or none.

    Args:
        jobs: What loads.
        rows: The rows, as they are loaded.
        name: ``project.dataset.table``.
        fields: The table's columns, in the order of those of `rows`.

    Raises:
        StoreError: The load job failed.
    """
    import pyarrow.parquet as pq

    if not rows.num_rows:
        return
    with tempfile.TemporaryFile(prefix="provender-load-") as file:
        pq.write_table(rows, file, row_group_size=SLICE_ROWS)
        jobs.load(file, name, fields)


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
