"""A BigQuery server for tests: `local-bigquery`, its REST API and its Storage Read API."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from provender.testing.servers import HOST, free_port, listens, running
from servers import install

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
