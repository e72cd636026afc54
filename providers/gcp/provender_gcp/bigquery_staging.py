"""Rows on their way into BigQuery: a Parquet file, and a load job that adds all of it or none."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

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
