"""The demo on Amazon: Redshift, DynamoDB, S3.

Servers for tests stand for them, started and stopped here; with ``PROVENDER_TEST_REDSHIFT``,
``PROVENDER_TEST_DYNAMODB`` and ``PROVENDER_TEST_S3`` set it is an account (docs/providers/aws.md).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
import yaml

from provender_aws.redshift_types import type_name
from servers.dynamodb import dynamodb_settings
from servers.redshift import aws_client, redshift_settings

_SETTINGS: dict[str, Any] = {}
"""Of the Redshift store that is open."""
_TABLES: list[str] = []
"""The tables that were made, and are removed in the end."""


@contextmanager
def opened(repository: Path) -> Iterator[None]:
    """Start the servers, or find the account's, and configure the repository for them.

    Raises:
        SystemExit: A server is not installed.
    """
    with ExitStack() as stack:
        try:
            offline = stack.enter_context(redshift_settings())
            online = stack.enter_context(dynamodb_settings("ministack"))
        except pytest.skip.Exception as missing:
            raise SystemExit(str(missing)) from None
        prefix = f"flights_{uuid4().hex[:8]}"
        bucket = os.environ.get("PROVENDER_TEST_S3", offline["s3_staging_location"])
        registry = {"path": f"{bucket}/{prefix}", "s3_endpoint": offline.get("s3_endpoint")}
        config = {
            "project": "flights",
            "provider": "aws",
            "aws": {"region": offline.get("region")},
            "offline_store": {"type": "redshift", **offline},
            "online_store": {"type": "dynamodb", **online},
            "registry": {"type": "s3", **registry},
        }
        (repository / "feature_store.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        _SETTINGS.update(offline)
        os.environ["FLIGHTS_PREFIX"] = prefix
        os.environ["FLIGHTS_SCHEMA"] = os.environ.get("PROVENDER_TEST_REDSHIFT_SCHEMA", "public")
        try:
            yield
        finally:
            _remove_tables()


def load(data: Path) -> str:
    """Copy the files into tables, by way of S3."""
    with (
        closing(aws_client("s3", _SETTINGS)) as s3,
        closing(aws_client("redshift-data", _SETTINGS)) as redshift,
    ):
        for file in sorted(data.glob("*.parquet")):
            if file.stem != "spine":
                _copy(file, s3, redshift)
    return f"into tables {os.environ['FLIGHTS_PREFIX']}_… of {_SETTINGS['database']}"


def _remove_tables() -> None:
    with closing(aws_client("redshift-data", _SETTINGS)) as redshift:
        _run(redshift, *(f"DROP TABLE {table}" for table in _TABLES), "SELECT 1")


def _copy(file: Path, s3: Any, redshift: Any) -> None:
    location = f"{_SETTINGS['s3_staging_location']}/{os.environ['FLIGHTS_PREFIX']}/{file.name}"
    bucket, _, key = location.removeprefix("s3://").partition("/")
    s3.upload_file(str(file), bucket, key)
    schema = pq.read_schema(file)
    columns = ", ".join(f'"{field.name}" {type_name(field.type)}' for field in schema)
    table = f"{os.environ['FLIGHTS_SCHEMA']}.{os.environ['FLIGHTS_PREFIX']}_{file.stem}"
    role = _SETTINGS.get("iam_role", "default")
    role = role if role == "default" else f"'{role}'"
    _run(
        redshift,
        f"CREATE TABLE {table} ({columns})",
        f"COPY {table} FROM '{location}' IAM_ROLE {role} FORMAT AS PARQUET",
        f"ANALYZE {table}",
    )
    _TABLES.append(table)
    s3.delete_object(Bucket=bucket, Key=key)


def _run(redshift: Any, *texts: str) -> None:
    names = {"cluster": "ClusterIdentifier", "workgroup": "WorkgroupName", "db_user": "DbUser"}
    names |= {"database": "Database", "secret_arn": "SecretArn"}
    where = {names[key]: value for key, value in _SETTINGS.items() if key in names}
    begun = redshift.batch_execute_statement(Sqls=list(texts), **where)["Id"]
    while (told := redshift.describe_statement(Id=begun))["Status"] != "FINISHED":
        if told["Status"] in ("FAILED", "ABORTED"):
            raise SystemExit(f"Redshift refused the tables: {told.get('Error')}")
        time.sleep(0.05)
