"""The files of one request below the staging location: written, read as they arrive, removed."""

from __future__ import annotations

import json
import logging
import tempfile
import uuid
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from provender.errors import StoreError
from provender_aws.errors import aws_errors
from provender_aws.redshift_configuration import RedshiftConfig
from provender_aws.redshift_connection import Connection
from provender_aws.redshift_values import parquet_column

_log = logging.getLogger("provender")
FOLDER = "provender-staging"
"""Below the staging location: all that is temporary, for a lifecycle rule to sweep."""
_IN_MEMORY = 32 * 2**20
_BATCH_ROWS = 65_536
_MOST_KEYS = 1000


class Staging:
    """A folder of its own in S3.

    Args:
        connection: The clients.
        config: The complete settings.
    """

    def __init__(self, connection: Connection, config: RedshiftConfig) -> None:
        location = str(config.s3_staging_location).removeprefix("s3://")
        self._bucket, _, prefix = location.partition("/")
        folders = [part for part in (prefix.strip("/"), FOLDER, uuid.uuid4().hex) if part]
        self._folder = "/".join(folders)
        self._place = f"the staging location s3://{self._bucket}"
        self._connection = connection
        self._used = False

    def url(self, name: str) -> str:
        """Return the address of a file, or of files whose names begin like that."""
        self._used = True
        return f"s3://{self._bucket}/{self._folder}/{name}"

    def put(self, name: str, table: pa.Table) -> str:
        """Write rows as Parquet and return where."""
        columns = [parquet_column(table.column(n), n) for n in table.column_names]
        plain = pa.table(columns, names=[f"c{n}" for n in range(len(columns))])
        url = self.url(name)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            pq.write_table(plain, file)
            file.seek(0)
            with aws_errors(self._place):
                self._connection.s3.upload_fileobj(file, self._bucket, f"{self._folder}/{name}")
        return url

    def batches(self, name: str, count: int) -> Iterator[pa.RecordBatch]:
        """Return the rows that UNLOAD wrote, file by file, in their order.

        Args:
            name: What the names of the files begin with.
            count: How many rows it wrote; for none it writes no file and no manifest.

        Raises:
            StoreError: A file, or a row of it, is not there.
        """
        if not count:
            return
        manifest = self._manifest(f"{self._folder}/{name}manifest")
        for entry in manifest["entries"]:
            rows = 0
            for batch in self._file(entry["url"]):
                rows += batch.num_rows
                yield batch
            wanted = entry.get("meta", {}).get("record_count", rows)
            if rows != wanted:
                fact = f"a file of the result has lost rows: {entry['url']}"
                raise StoreError(fact, got=f"{rows} of {wanted}", fix="run it again")

    def _manifest(self, key: str) -> dict[str, Any]:
        with aws_errors(self._place):
            answer = self._connection.s3.get_object(Bucket=self._bucket, Key=key)
            found: dict[str, Any] = json.loads(answer["Body"].read())
        return found

    def _file(self, url: str) -> Iterator[pa.RecordBatch]:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            with aws_errors(self._place):
                self._connection.s3.download_fileobj(bucket, key, file)
            file.seek(0)
            yield from pq.ParquetFile(file).iter_batches(_BATCH_ROWS)

    def remove(self) -> None:
        """Remove every file; those that cannot be removed are left to a lifecycle rule."""
        if not self._used:
            return
        try:
            with aws_errors(self._place):
                self._sweep()
        except StoreError as error:
            _log.warning("files below %s are left: %s", self.url(""), error)

    def _sweep(self) -> None:
        s3 = self._connection.s3
        pages = s3.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=f"{self._folder}/"):
            keys = [{"Key": found["Key"]} for found in page.get("Contents", [])]
            for start in range(0, len(keys), _MOST_KEYS):
                some = {"Objects": keys[start : start + _MOST_KEYS], "Quiet": True}
                left = s3.delete_objects(Bucket=self._bucket, Delete=some).get("Errors")
                if left:
                    raise StoreError("files could not be removed", got=str(left[0]))
