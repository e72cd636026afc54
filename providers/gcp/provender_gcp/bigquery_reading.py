"""Results of BigQuery as they come: through the Storage Read API, or page by page by REST."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from provender.errors import StoreError
from provender_gcp.bigquery_connection import Connection
from provender_gcp.bigquery_errors import bigquery_errors
from provender_gcp.bigquery_values import plain_batch

if TYPE_CHECKING:
    import pyarrow as pa
    from google.cloud.bigquery import QueryJob

PAGE_ROWS = 50_000
"""Rows of a page that is read by REST."""
BATCH_ROWS = 65_536
"""The most rows of a batch that is handed on, however many came at once."""
_MINUTE = 60.0


def batches(connection: Connection, job: QueryJob, retry: Any) -> Iterator[pa.RecordBatch]:
    """Return the rows of a finished query, in their order, a bounded number at a time.

    Args:
        connection: The clients.
        job: The query.
        retry: The policy for requests that fail for a moment.

    Raises:
        StoreError: BigQuery failed, or not all rows came.
    """
    with bigquery_errors("reading a result", lambda: job.job_id):
        rows: Any = job.result(page_size=PAGE_ROWS, retry=retry)
        total = rows.total_rows
        names = [field.name for field in rows.schema]
        pages = iter(_stored(connection, job, retry) if connection.reader else _paged(rows))
    came = 0
    while True:
        with bigquery_errors("reading a result", lambda: job.job_id):
            page = next(pages, None)
        if page is None:
            break
        came += page.num_rows
        for start in range(0, page.num_rows, BATCH_ROWS):
            yield plain_batch(page.slice(start, BATCH_ROWS), names)
    if total is not None and came != total:
        raise StoreError(
            f"BigQuery ended a result too early (job {job.job_id})",
            got=f"{came} of {total} rows",
            fix="run it again",
        )


def _stored(connection: Connection, job: QueryJob, retry: Any) -> Iterator[pa.RecordBatch]:
    """Read the table that the query left by one stream, which keeps the order.

    The client takes up a stream that was cut where it was cut.
    """
    import pyarrow as pa
    from google.cloud.bigquery_storage_v1 import types

    reader, table = connection.reader, job.destination
    session = types.ReadSession(
        table=f"projects/{table.project}/datasets/{table.dataset_id}/tables/{table.table_id}",
        data_format=types.DataFormat.ARROW,
    )
    compression = types.ArrowSerializationOptions.CompressionCodec.LZ4_FRAME
    session.read_options.arrow_serialization_options.buffer_compression = compression
    session = reader.create_read_session(
        parent=f"projects/{connection.project}",
        read_session=session,
        max_stream_count=1,
        timeout=_MINUTE,
    )
    if not session.streams:
        return
    schema = pa.ipc.read_schema(pa.py_buffer(session.arrow_schema.serialized_schema))
    for stream in session.streams:
        for message in reader.read_rows(stream.name, timeout=None):
            content = pa.py_buffer(message.arrow_record_batch.serialized_record_batch)
            yield pa.ipc.read_record_batch(content, schema)


def _paged(rows: Any) -> Iterator[pa.RecordBatch]:
    batch: pa.RecordBatch
    for batch in rows.to_arrow_iterable():
        if batch.num_rows:
            yield batch
