"""Where the tests of the Google Cloud provider run: emulators, or a project of the cloud.

With ``PROVENDER_GCP_PROJECT`` set they run against that project, with Application Default
Credentials; docs/providers/gcp.md tells the other variables and what the project needs.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from servers.gcs import gcs_server
from servers.shared import shared

if TYPE_CHECKING:
    from servers.grpc_faults import GrpcFaults
    from servers.http_faults import HttpFaults

PROJECT = os.environ.get("PROVENDER_GCP_PROJECT")
"""The cloud project to test against; None: emulators."""


@contextmanager
def firestore_settings() -> Iterator[dict[str, Any]]:
    """Yield the settings of a Firestore store that no other test run uses."""
    own = {"collection": f"provender_{uuid4().hex[:8]}", "writes_per_second": None}
    if PROJECT:
        database = os.environ.get("PROVENDER_GCP_DATABASE", "(default)")
        yield {**own, "project_id": PROJECT, "database": database}
        return
    yield {**own, "project_id": "provender-tests", "endpoint": shared("firestore")}


@contextmanager
def registry_settings() -> Iterator[dict[str, Any]]:
    """Yield the settings of a registry in a bucket that no other test run uses."""
    bucket = os.environ.get("PROVENDER_GCP_BUCKET")
    if PROJECT and bucket:
        yield {"project_id": PROJECT, "path": f"gs://{bucket}/provender-tests/{uuid4().hex}"}
        return
    if PROJECT:
        pytest.skip("PROVENDER_GCP_BUCKET does not name a bucket for the registry's tests")
    endpoint, bucket = shared_bucket()
    yield {"project_id": "provender-tests", "path": f"gs://{bucket}/registry", "endpoint": endpoint}


def shared_bucket() -> tuple[str, str]:
    """Make a bucket on the server that tests share; return its endpoint and the bucket."""
    endpoint, bucket = shared("gcs"), f"tests-{uuid4().hex[:12]}"
    with bucket_client(endpoint) as client:
        client.create_bucket(bucket)
    return endpoint, bucket


@contextmanager
def bucket_client(endpoint: str) -> Iterator[Any]:
    """Yield Google's client for a server that stands for Cloud Storage, closed afterwards."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.storage import Client

    options = {"api_endpoint": endpoint}
    client = Client("provender-tests", AnonymousCredentials(), client_options=options)
    client._bucket_metadata_cache = None  # type: ignore[assignment]  # it reads in a thread
    try:
        yield client
    finally:
        client.close()


@contextmanager
def spoiled_firestore() -> Iterator[GrpcFaults]:
    """Reach the shared emulator of Firestore through a server that can spoil its calls."""
    from servers.grpc_faults import grpc_faults

    with grpc_faults(shared("firestore")) as faults:
        yield faults


@contextmanager
def spoiled_bucket(folder: Path, name: str) -> Iterator[HttpFaults]:
    """Run a server that stands for Cloud Storage, with a bucket, behind one that can spoil it."""
    from servers.http_faults import http_faults

    with gcs_server(folder) as endpoint, http_faults(endpoint) as faults:
        with bucket_client(endpoint) as client:
            client.create_bucket(name)
        yield faults
