"""Connections to BigQuery: one client of its REST API, one of its Storage Read API."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING, Any

from provender_gcp.bigquery_configuration import BigQueryConfig, Place
from provender_gcp.configuration import is_emulator
from provender_gcp.credentials import credentials, required_project

if TYPE_CHECKING:
    from google.cloud.bigquery import Client


class Connection:
    """The clients of a store, opened when they are first needed.

    Args:
        config: The store's settings.
        place: Where its jobs are.
    """

    def __init__(self, config: BigQueryConfig, place: Place) -> None:
        self._config = config
        self._place = place
        self._lock = threading.RLock()

    @cached_property
    def _account(self) -> tuple[Any, str]:
        found, project = credentials(self._place.cloud, emulator=self._place.emulator)
        return found, required_project(project)

    @property
    def project(self) -> str:
        """The project that pays for the jobs.

        Raises:
            ConfigError: No project is named, or there are no credentials.
        """
        with self._lock:
            return self._account[1]

    @property
    def client(self) -> Client:
        """The client of the REST API."""
        with self._lock:
            return self._client

    @cached_property
    def _client(self) -> Client:
        from google.api_core.client_options import ClientOptions
        from google.cloud import bigquery

        found, project = self._account
        options = ClientOptions(api_endpoint=self._place.endpoint)
        return bigquery.Client(
            project=project,
            credentials=found,
            location=self._place.location,
            client_options=options if self._place.endpoint else None,
        )

    @property
    def reader(self) -> Any:
        """The client of the Storage Read API; None: results are read by REST."""
        with self._lock:
            return self._reader

    @cached_property
    def _reader(self) -> Any:
        if self._config.read_api == "rest":
            return None
        endpoint = self._place.storage_endpoint
        if self._place.emulator and endpoint is None:
            return None  # Google's own endpoint knows nothing of an emulator's tables
        try:
            from google.cloud.bigquery_storage_v1 import BigQueryReadClient
        except ModuleNotFoundError:
            if self._config.read_api == "storage":
                raise
            return None
        if endpoint is None:
            return BigQueryReadClient(credentials=self._account[0])
        if not is_emulator(endpoint):
            host = endpoint.removeprefix("https://").rstrip("/")
            options = {"api_endpoint": host}
            return BigQueryReadClient(credentials=self._account[0], client_options=options)
        return BigQueryReadClient(transport=_plain_transport(endpoint))

    def close(self) -> None:
        """Close the connections; they are opened again when they are needed again."""
        with self._lock:
            client = self.__dict__.pop("_client", None)
            reader = self.__dict__.pop("_reader", None)
        if client is not None:
            client.close()
        if reader is not None:
            reader.transport.close()


def _plain_transport(endpoint: str) -> Any:
    """Return a gRPC transport without encryption, for an emulator."""
    import grpc
    from google.cloud.bigquery_storage_v1.services.big_query_read import transports

    address = endpoint.removeprefix("http://").rstrip("/")
    most = [("grpc.max_receive_message_length", -1)]
    return transports.BigQueryReadGrpcTransport(channel=grpc.insecure_channel(address, most))
