"""UNLOAD and COPY of the Redshift test server: Parquet files in S3."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from servers.redshift_sql import UNLOADED, RefusedError

_UNLOAD = re.compile(
    r"(?is)\s*UNLOAD\s*\(\s*(?:\$\$(?P<plain>.*)\$\$|'(?P<quoted>(?:[^'\\]|''|\\.)*)')\s*\)"
    r"\s*TO\s*'(?P<url>[^']+)'(?P<options>[^']*(?:'[^']*'[^']*)*)"
)
_COPY = re.compile(
    r"(?is)\s*COPY\s+(?P<table>(?:\"(?:[^\"]|\"\")+\"|[\w.])+)\s*(?P<columns>\([^)]*\))?"
    r"\s*FROM\s*'(?P<url>[^']+)'(?P<options>.*)"
)
_URL = re.compile(r"s3://([^/]+)/(.+)")
_UNLOAD_OPTIONS = r"IAM_ROLE\s+(default|'[^']+')|FORMAT(\s+AS)?\s+PARQUET|MANIFEST|VERBOSE"
_UNLOAD_OPTIONS += r"|PARALLEL\s+(ON|OFF|TRUE|FALSE)|ALLOWOVERWRITE|CLEANPATH|REGION\s+'[^']+'"
_COPY_OPTIONS = r"IAM_ROLE\s+(default|'[^']+')|FORMAT(\s+AS)?\s+PARQUET|MANIFEST"
_TYPES = {
    16: pa.bool_(), 17: pa.binary(), 20: pa.int64(), 21: pa.int16(), 23: pa.int32(),
    700: pa.float32(), 701: pa.float64(), 1082: pa.date32(), 1114: pa.timestamp("us"),
    1184: pa.timestamp("us", "UTC"),
}  # fmt: skip
_NUMERIC, _ZONED, _JSON = 1700, 1184, (114, 3802)
_BATCH = 20_000


class Files:
    """Moves rows between a connection and S3.

    Args:
        s3: The client.
        translate: Redshift's SQL to PostgreSQL's.
    """

    def __init__(self, s3: Any, translate: Callable[[str], list[str]]) -> None:
        self._s3 = s3
        self._translate = translate

    def run(self, connection: Any, statement: str) -> int | None:
        """Run an UNLOAD or a COPY and return its number of rows; None: it is neither."""
        if found := _UNLOAD.fullmatch(statement.strip().rstrip(";")):
            return self._unload(connection, found)
        if found := _COPY.fullmatch(statement.strip().rstrip(";")):
            return self._copy(connection, found)
        if re.match(r"(?i)\s*(COPY|UNLOAD)\b", statement):
            raise RefusedError("syntax error in COPY or UNLOAD")
        return None

    def _unload(self, connection: Any, found: re.Match[str]) -> int:
        """Write the rows of a query; of none it writes nothing, not even a manifest.

        That is reported since 2019: https://github.com/databricks/spark-redshift/issues/446.
        The session knows how many rows there were:
        https://docs.aws.amazon.com/redshift/latest/dg/PG_LAST_UNLOAD_COUNT.html
        """
        options = _options(found["options"], _UNLOAD_OPTIONS)
        query = found["plain"]
        if query is None:
            query = re.sub(r"''|\\(.)", lambda m: m[1] or "'", found["quoted"])
        bucket, prefix = _place(found["url"])
        self._clear(bucket, prefix, options)
        parts = 1 if re.search(r"(?i)PARALLEL\s+(OFF|FALSE)", options) else 2
        table = self._rows(connection, query)
        connection.execute(f"SET {UNLOADED} = '{table.num_rows}'")
        if not table.num_rows:
            return 0
        step = max(1, -(-table.num_rows // parts))
        entries = []
        for number in range(parts):
            part = table.slice(number * step, step)
            if part.num_rows:
                name = f"{prefix}{number:03d}.parquet" if parts == 1 else None
                key = name or f"{prefix}{number:04d}_part_00.parquet"
                entries.append(self._written(bucket, key, part))
        if re.search(r"(?i)\bMANIFEST\b", options):
            body = json.dumps({"entries": entries, "meta": {"record_count": table.num_rows}})
            self._s3.put_object(Bucket=bucket, Key=f"{prefix}manifest", Body=body)
        return table.num_rows

    def _clear(self, bucket: str, prefix: str, options: str) -> None:
        there = self._keys(bucket, prefix)
        if re.search(r"(?i)CLEANPATH", options):
            for key in there:
                self._s3.delete_object(Bucket=bucket, Key=key)
        elif there and not re.search(r"(?i)ALLOWOVERWRITE", options):
            raise RefusedError(
                "Specified unload destination on S3 is not empty. Consider using a different "
                "bucket / prefix, manually removing the target files in S3, or using the "
                "ALLOWOVERWRITE option."
            )

    def _written(self, bucket: str, key: str, part: pa.Table) -> dict[str, Any]:
        file = io.BytesIO()
        pq.write_table(part, file)
        self._s3.put_object(Bucket=bucket, Key=key, Body=file.getvalue())
        meta = {"content_length": file.tell(), "record_count": part.num_rows}
        return {"url": f"s3://{bucket}/{key}", "meta": meta}

    def _rows(self, connection: Any, query: str) -> pa.Table:
        statements = self._translate(query)
        if len(statements) != 1:
            raise RefusedError("UNLOAD takes one query")
        with connection.cursor("unload") as cursor:
            cursor.execute(statements[0])
            columns = cursor.description
            schema = pa.schema([(c.name, _arrow_type(c)) for c in columns])
            batches = []
            while rows := cursor.fetchmany(_BATCH):
                values = zip(*rows, strict=True)
                arrays = [_array(v, c) for v, c in zip(values, columns, strict=True)]
                batches.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
        return pa.Table.from_batches(batches, schema)

    def _copy(self, connection: Any, found: re.Match[str]) -> int:
        options = _options(found["options"], _COPY_OPTIONS)
        if not re.search(r"(?i)PARQUET", options):
            raise RefusedError("the test server copies Parquet only")
        bucket, prefix = _place(found["url"])
        keys = self._manifest(bucket, prefix) if "MANIFEST" in options.upper() else None
        keys = self._keys(bucket, prefix) if keys is None else keys
        if not keys:
            raise RefusedError(f"The specified S3 prefix '{prefix}' does not exist")
        return sum(self._copied(connection, found, bucket, key) for key in keys)

    def _copied(self, connection: Any, found: re.Match[str], bucket: str, key: str) -> int:
        name, columns = found["table"], found["columns"] or ""
        body = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        table = pq.read_table(io.BytesIO(body))
        with connection.cursor() as cursor:
            there = cursor.execute(f"SELECT * FROM {name} LIMIT 0").description
            wanted = len(columns.split(",")) if columns else len(there)
            if table.num_columns != wanted:
                raise RefusedError(
                    "Spectrum Scan Error: Unmatched number of columns between table and file. "
                    f"Table columns: {wanted}, Data columns: {table.num_columns}"
                )
            with cursor.copy(f"COPY {name} {columns} FROM STDIN") as copy:
                for batch in table.to_batches(max_chunksize=_BATCH):
                    for row in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                        copy.write_row(row)
            cursor.execute(f"ANALYZE {name}")  # as STATUPDATE does by default
        return int(table.num_rows)

    def _manifest(self, bucket: str, key: str) -> list[str]:
        body = json.loads(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return [_place(entry["url"])[1] for entry in body["entries"]]

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]


def _options(text: str, known: str) -> str:
    """Return the options; Redshift needs one that lets it into S3."""
    left = re.sub(rf"(?i)\b({known})(?=\s|$)", "", text).strip()
    if left:
        raise RefusedError(f'syntax error at or near "{left.split()[0]}"')
    if not re.search(r"(?i)IAM_ROLE", text):
        raise RefusedError("Must specify one of IAM_ROLE, CREDENTIALS or ACCESS_KEY_ID")
    _check_role(text)
    return text


def _check_role(options: str) -> None:
    """Refuse two roles: one that the cluster may not assume, and one that may not use S3.

    A role has to be associated with the cluster:
    https://docs.aws.amazon.com/redshift/latest/mgmt/copy-unload-iam-role.html
    """
    if found := re.search(r"'(\S+/not-associated)'", options):
        raise RefusedError(
            "User arn:aws:redshift:us-east-1:123456789012:dbuser:provender-test/postgres is not "
            f"authorized to assume IAM Role {found[1]}"
        )
    if "/without-s3'" in options:
        raise RefusedError("S3ServiceException:Access Denied,Status 403,Error AccessDenied")


def _place(url: str) -> tuple[str, str]:
    found = _URL.fullmatch(url)
    if found is None:
        raise RefusedError(f"S3 path {url} is not valid")
    return found[1], found[2]


def _arrow_type(column: Any) -> pa.DataType:
    if column.type_code == _NUMERIC:
        return pa.decimal128(min(column.precision or 38, 38), column.scale or 0)
    return _TYPES.get(column.type_code, pa.string())


def _array(values: Any, column: Any) -> pa.Array:
    if column.type_code in _JSON:
        raise RefusedError(
            "a column of type SUPER cannot be unloaded as Parquet by the test server"
        )
    if column.type_code == _ZONED:
        values = [_utc(value) for value in values]
    return pa.array(values, _arrow_type(column))


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)
