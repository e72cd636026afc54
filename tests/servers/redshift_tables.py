"""`RedshiftHarness`: puts the rows of the offline suite into tables of Redshift."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from provender.testing.offline_suite import OfflineHarness
from provender_aws import RedshiftSource
from provender_aws.redshift_sql import quoted
from provender_aws.redshift_types import LONGEST_TEXT, type_name
from provender_aws.redshift_values import parquet_column
from servers.redshift import aws_client
from waiting import until

SCHEMA = os.environ.get("PROVENDER_TEST_REDSHIFT_SCHEMA", "public")


@contextmanager
def shared_clients() -> Iterator[dict[str, Any]]:
    """Yield what harnesses share, and close it in the end."""
    shared: dict[str, Any] = {}
    try:
        yield shared
    finally:
        for one in shared.values():
            one.close()


class RedshiftHarness(OfflineHarness):
    """Every column is loaded by COPY, and cast to the type that keeps it exactly."""

    def __init__(self, opener: Any, shared: dict[str, Any]) -> None:
        if "store" not in shared:  # clients of AWS take long to make; a closed store opens again
            shared["store"] = opener.open()
            shared["data"] = aws_client("redshift-data", opener.settings)
            shared["s3"] = aws_client("s3", opener.settings)
        self.kind, self.folder = opener.type(), opener.repo_path
        self.settings = dict(opener.settings)
        self.store, self.data, self.s3 = shared["store"], shared["data"], shared["s3"]
        self.bucket, _, self.prefix = (
            self.settings["s3_staging_location"].removeprefix("s3://").partition("/")
        )

    def source(self, table: pa.Table, **columns: Any) -> RedshiftSource:
        return RedshiftSource(table=self.stored(table), schema=SCHEMA, **columns)

    def stored(self, table: pa.Table) -> str:
        """Store rows as a table and return its name."""
        for column in table.columns:
            _skip_long(column)
        name = f"rows_{uuid4().hex}"
        key = f"{self.prefix}/rows/{name}"
        plain = [parquet_column(table.column(n), n) for n in table.column_names]
        file = io.BytesIO()
        pq.write_table(pa.table(plain, names=[f"c{n}" for n in range(len(plain))]), file)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=file.getvalue())
        loaded = [f"{quoted(f.name)} {_loaded(f.type)}" for f in table.schema]
        own = [f"{quoted(f.name)} {_own(f.type)}" for f in table.schema]
        values = [_value(f) for f in table.schema]
        self.run(
            f"CREATE TEMPORARY TABLE loaded_{name} ({', '.join(loaded)})",
            f"COPY loaded_{name} FROM 's3://{self.bucket}/{key}' "
            f"IAM_ROLE '{self.settings['iam_role']}' FORMAT AS PARQUET",
            f"CREATE TABLE {SCHEMA}.{name} ({', '.join(own)})",
            f"INSERT INTO {SCHEMA}.{name} SELECT {', '.join(values)} FROM loaded_{name}",
        )
        self.s3.delete_object(Bucket=self.bucket, Key=key)
        return name

    def run(self, *texts: str) -> str:
        """Run statements in one transaction and return the id of the last."""
        where = {
            "ClusterIdentifier": self.settings.get("cluster"),
            "WorkgroupName": self.settings.get("workgroup"),
            "Database": self.settings["database"],
            "DbUser": self.settings.get("db_user"),
            "SecretArn": self.settings.get("secret_arn"),
        }
        where = {key: value for key, value in where.items() if value}
        begun = self.data.batch_execute_statement(Sqls=list(texts), **where)["Id"]

        def finished() -> bool:
            told = self.data.describe_statement(Id=begun)
            assert told["Status"] not in ("FAILED", "ABORTED"), told.get("Error")
            return bool(told["Status"] == "FINISHED")

        until(finished, "the end of a statement")
        return f"{begun}:{len(texts)}"

    def rows(self, query: str) -> list[list[Any]]:
        """Return the values of a query's rows."""
        found = self.data.get_statement_result(Id=self.run(query))
        return [
            [None if f.get("isNull") else next(iter(f.values())) for f in row]
            for row in found["Records"]
        ]

    def leftovers(self) -> list[str]:
        tables = self.rows("SELECT tablename FROM pg_tables WHERE tablename LIKE 'provender_%'")
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix)
        return [*(row[0] for row in tables), *(o["Key"] for o in found.get("Contents", []))]

    def spine_path(self, table: pa.Table) -> str:
        path = self.folder / f"{uuid4().hex}.parquet"
        pq.write_table(table, path)
        return str(path)

    def spine_query(self, table: pa.Table) -> str:
        return f"SELECT * FROM {SCHEMA}.{self.stored(table)}"


def _skip_long(column: pa.ChunkedArray) -> None:
    if not pa.types.is_string(column.type) or not len(column):
        return
    if (pc.max(pc.binary_length(column)).as_py() or 0) > LONGEST_TEXT:
        pytest.skip(f"Redshift has no text of more than {LONGEST_TEXT} bytes")


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind)


def _loaded(kind: pa.DataType) -> str:
    return type_name(pa.binary() if _is_list(kind) else kind)


def _own(kind: pa.DataType) -> str:
    zoned = pa.types.is_timestamp(kind) and kind.tz
    return "TIMESTAMPTZ" if zoned else type_name(kind)


def _value(field: pa.Field) -> str:
    name = quoted(field.name)
    if _is_list(field.type):
        return f"JSON_PARSE({name})"
    zoned = pa.types.is_timestamp(field.type) and field.type.tz
    return f"{name} AT TIME ZONE 'UTC'" if zoned else name
