"""Fixtures: Firestore and a bucket whose calls can be spoiled; each test begins without faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from servers.google_cloud import spoiled_bucket, spoiled_firestore
from servers.grpc_faults import GrpcFaults
from servers.http_faults import HttpFaults


@pytest.fixture(scope="module")
def spoiled_database() -> Iterator[GrpcFaults]:
    with spoiled_firestore() as faults:
        yield faults


@pytest.fixture(scope="module")
def spoiled_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpFaults]:
    with spoiled_bucket(tmp_path_factory.mktemp("gcs"), "features") as faults:
        yield faults


@pytest.fixture
def firestore(spoiled_database: GrpcFaults) -> GrpcFaults:
    spoiled_database.reset()
    return spoiled_database


@pytest.fixture
def gcs(spoiled_registry: HttpFaults) -> HttpFaults:
    spoiled_registry.reset()
    return spoiled_registry
