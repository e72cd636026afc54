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
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from provender.testing.servers import HOST, free_port, listens, running
from servers.install import environment
from servers.postgres import shared_database
from servers.redshift_data import DataFaults, data_api
from servers.shared import shared

_REAL = "PROVENDER_TEST_REDSHIFT"
_MOTO = Path(__file__).with_name("moto_server.py")


@contextmanager
def s3_server() -> Iterator[str]:
    """Run moto's S3 while the block runs; skip the test when it cannot be had."""
    found = environment("moto")
    if found is None:
        pytest.skip("moto is not installed: python3 tests/servers/install.py moto")
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="provender-moto-"))
    command = [found / "bin/python", _MOTO, "-H", HOST, "-p", str(port)]
    try:
        with running(command, ready=lambda: listens(port), log=folder / "moto.log"):
            yield f"http://{HOST}:{port}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def s3_bucket() -> Iterator[tuple[dict[str, str], str]]:
    """Make a bucket on the moto that tests share; meanwhile its credentials are ours.

    Yields:
        The settings that lead there, ``region`` and ``s3_endpoint``, and the bucket's name.
    """
    settings = {"region": "us-east-1", "s3_endpoint": shared("moto")}
    bucket = f"provender-{uuid4().hex[:12]}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        with closing(aws_client("s3", settings)) as client:
            client.create_bucket(Bucket=bucket)
        yield settings, bucket


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
        s3_bucket() as (settings, bucket),
        shared_database() as (postgres, database),
        closing(aws_client("s3", settings)) as s3,
        data_api(postgres.url("postgresql", "").rstrip("/"), s3, faults) as endpoint,
    ):
        yield {
            **settings,
            "endpoint": endpoint,
            "cluster": "provender-test",
            "database": database,
            "db_user": "postgres",
            "s3_staging_location": f"s3://{bucket}/staging",
            "iam_role": "arn:aws:iam::123456789012:role/provender-test",
        }
