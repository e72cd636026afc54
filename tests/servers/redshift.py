"""Redshift's Data API, PostgreSQL behind it and S3 beside it; or a real account.

A real one is used where ``PROVENDER_TEST_REDSHIFT`` holds the store's settings as JSON, such as
``{"workgroup": "test", "database": "dev", "s3_staging_location": "s3://bucket/tests"}``, and
``PROVENDER_TEST_REDSHIFT_SCHEMA`` the schema for the tests' tables, which must exist.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from provender.testing.servers import HOST, free_port, listens, running
from servers.install import environment
from servers.postgres import postgres_server
from servers.redshift_data import DataFaults, data_api

_REAL = "PROVENDER_TEST_REDSHIFT"
BUCKET = "provender-staging"


@contextmanager
def s3_server() -> Iterator[str]:
    """Run moto's S3 while the block runs; skip the test when it cannot be had."""
    found = environment("moto")
    if found is None:
        pytest.skip("moto is not installed: python3 tests/servers/install.py moto")
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="provender-moto-"))
    command = [found / "bin/moto_server", "-H", HOST, "-p", str(port)]
    try:
        with running(command, ready=lambda: listens(port), log=folder / "moto.log"):
            yield f"http://{HOST}:{port}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def aws_client(service: str, settings: Mapping[str, Any]) -> Any:
    """Return a client of what the settings of a store name: ``s3`` or ``redshift-data``."""
    import boto3

    endpoint = settings.get("s3_endpoint" if service == "s3" else "endpoint")
    return boto3.client(service, endpoint_url=endpoint, region_name=settings.get("region"))


@contextmanager
def redshift_settings(faults: DataFaults | None = None) -> Iterator[dict[str, Any]]:
    """Yield the settings of a store: those of a real account, or of servers that run meanwhile."""
    real = os.environ.get(_REAL)
    if real:
        yield json.loads(real)
        return
    with (
        pytest.MonkeyPatch.context() as patch,
        postgres_server("max_connections=50") as postgres,
        s3_server() as endpoint,
    ):
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        settings = {"region": "us-east-1", "s3_endpoint": endpoint}
        s3 = aws_client("s3", settings)
        s3.create_bucket(Bucket=BUCKET)
        dsn = postgres.url("postgresql", "").rstrip("/")
        with data_api(dsn, s3, faults) as data_endpoint:
            yield {
                **settings,
                "endpoint": data_endpoint,
                "cluster": "provender-test",
                "database": "postgres",
                "db_user": "postgres",
                "s3_staging_location": f"s3://{BUCKET}/staging",
                "iam_role": "arn:aws:iam::123456789012:role/provender-test",
            }
        s3.close()
