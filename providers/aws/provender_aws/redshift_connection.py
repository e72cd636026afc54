"""The clients of the Redshift Data API and of S3, opened when they are first needed."""

from __future__ import annotations

from threading import Lock
from typing import Any

from provender_aws.clients import open_client
from provender_aws.redshift_configuration import RedshiftConfig


class Connection:
    """The AWS SDK's clients of one store.

    Args:
        config: The complete settings.
    """

    def __init__(self, config: RedshiftConfig) -> None:
        self._config = config
        self._clients: dict[str, Any] = {}
        self._lock = Lock()

    @property
    def data(self) -> Any:
        """The client of the Data API."""
        return self._client(
            "redshift-data", self._config.endpoint, attempts=1
        )  # `Statements` tries

    @property
    def s3(self) -> Any:
        """The client of S3."""
        return self._client("s3", self._config.s3_endpoint, attempts=5)

    @property
    def target(self) -> dict[str, str]:
        """Where statements run and as whom, as the Data API wants it."""
        config = self._config
        names = {
            "ClusterIdentifier": config.cluster,
            "WorkgroupName": config.workgroup,
            "Database": config.database,
            "DbUser": config.db_user,
            "SecretArn": config.secret_arn,
        }
        return {name: value for name, value in names.items() if value}

    def _client(self, service: str, endpoint: str | None, attempts: int) -> Any:
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._opened(service, endpoint, attempts)
            return self._clients[service]

    def _opened(self, service: str, endpoint: str | None, attempts: int) -> Any:
        retries = {"mode": "standard", "total_max_attempts": attempts}
        return open_client(
            service, self._config, endpoint, retries=retries, max_pool_connections=16
        )

    def close(self) -> None:
        """Close the clients; they are opened again when they are needed again."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()
