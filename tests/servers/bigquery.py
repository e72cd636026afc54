"""A BigQuery server for tests: `local-bigquery`, its REST API and its Storage Read API."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from provender.testing.servers import HOST, free_port, listens, running
from servers import install
from servers.shared import shared

PROJECT = "provender-test"
_PROCESS = Path(__file__).with_name("bigquery_process.py")


@dataclass(frozen=True)
class BigQueryServer:
    """The addresses of a running server.

    Attributes:
        endpoint: Of the REST API.
        storage_endpoint: Of the Storage Read API, spoken by gRPC.
        project: The project that it serves.
    """

    endpoint: str
    storage_endpoint: str
    project: str = PROJECT

    def settings(self) -> dict[str, str]:
        """Return the settings that lead the provider to this server."""
        return {
            "project_id": self.project,
            "endpoint": self.endpoint,
            "storage_endpoint": self.storage_endpoint,
        }


@contextmanager
def bigquery_server(folder: Path, **env: str) -> Iterator[BigQueryServer]:
    """Run a BigQuery server while the block runs; skip when it is not installed.

    Args:
        folder: An empty directory for its data.
        env: What is added to its environment.
    """
    environment = install.environment("bigquery")
    if environment is None:
        pytest.skip("local-bigquery is not installed: tests/servers/install.py bigquery")
    rest, grpc = free_port(), free_port()
    command = [
        environment / "bin/python",
        "-P",  # the modules beside the script have the names of others
        _PROCESS,
        *("--host", HOST, "--port", str(rest), "--grpc-port", str(grpc)),
        *("--project", PROJECT, "--dataset", "fixtures", "--data-dir", folder / "data"),
    ]
    address = f"http://{HOST}:{rest}"

    def ready() -> bool:
        with urllib.request.urlopen(f"{address}/bigquery/v2/projects", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200 and listens(grpc))

    folder.mkdir(parents=True, exist_ok=True)
    home = {"HOME": str(folder), **env}
    with running(command, ready=ready, log=folder / "server.log", env=home):
        yield BigQueryServer(address, f"http://{HOST}:{grpc}")


@contextmanager
def bigquery_settings() -> Iterator[dict[str, Any]]:
    """Yield the settings of a BigQuery store with a dataset of its own: the server's, or a cloud's.

    With ``PROVENDER_GCP_PROJECT`` set the dataset is made in that project, where
    ``PROVENDER_GCP_LOCATION`` says, and removed with all that is in it.
    """
    dataset = f"provender_tests_{uuid4().hex[:8]}"
    if cloud := os.environ.get("PROVENDER_GCP_PROJECT"):
        location = os.environ.get("PROVENDER_GCP_LOCATION", "EU")
        settings = {"project_id": cloud, "location": location, "dataset": dataset}
        with _dataset(settings):
            yield settings
        return
    settings = {**shared("bigquery").settings(), "dataset": dataset}
    with _dataset(settings):
        yield settings


@contextmanager
def _dataset(settings: dict[str, Any]) -> Iterator[None]:
    from google.cloud import bigquery

    client = bigquery_client(settings)
    dataset = bigquery.Dataset(f"{client.project}.{settings['dataset']}")
    dataset.default_table_expiration_ms = 24 * 3600 * 1000
    client.create_dataset(dataset)
    try:
        yield
    finally:
        client.delete_dataset(dataset, delete_contents=True, not_found_ok=True)
        client.close()


@contextmanager
def dataset_of(server: BigQueryServer) -> Iterator[str]:
    """Make a dataset on a server, remove it in the end, and yield its name."""
    name = f"provender_tests_{uuid4().hex[:8]}"
    with _dataset({**server.settings(), "dataset": name}):
        yield name


def bigquery_client(settings: dict[str, Any]) -> Any:
    """Return Google's own client for the settings of a store."""
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    if "endpoint" not in settings:
        return bigquery.Client(settings["project_id"], location=settings["location"])
    options = {"api_endpoint": settings["endpoint"]}
    return bigquery.Client(settings["project_id"], AnonymousCredentials(), client_options=options)
