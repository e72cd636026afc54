"""Where the feature server is."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provender.errors import ConfigError
from provender.plugin import Matching, PluginContext, StoreConfig, provider_settings

Url = Annotated[
    str,
    Matching(
        r"https?://[^/\s]+/?", "the address of the feature server, such as http://127.0.0.1:6566"
    ),
]
FlightUrl = Annotated[
    str,
    Matching(
        r"grpc(\+tls|\+tcp)?://[^/\s]+",
        "the address of `provender serve-offline`, such as grpc://127.0.0.1:6567",
    ),
]


class RemoteConfig(StoreConfig):
    """Settings of the ``remote`` online store and registry.

    The bearer token is that of the environment variable ``PROVENDER_TOKEN``.

    Attributes:
        url: The address of `provender serve`; None: that under ``remote:``.
        timeout_seconds: How long to wait for an answer.
        retries: How often a request that fails temporarily is sent again.
        ca_file: The certificate authorities that are trusted; None: the system's.
        batch_rows: The most rows of one request.
    """

    url: Url | None = None
    timeout_seconds: float = Field(default=30.0, gt=0)
    retries: int = Field(default=3, ge=0, le=100)
    ca_file: str | None = None
    batch_rows: int = Field(default=5_000, ge=1)


class RemoteOfflineConfig(StoreConfig):
    """Settings of the ``remote`` offline store.

    The bearer token is that of the environment variable ``PROVENDER_TOKEN``.

    Attributes:
        flight_url: The address of `provender serve-offline`, such as ``grpc://127.0.0.1:6567``,
            or ``grpc+tls://…``; None: that under ``remote:``.
        ca_file: The certificate authorities that are trusted; None: the system's.
        timeout_seconds: How long an answer may take to begin; None: for ever.
    """

    flight_url: FlightUrl | None = None
    ca_file: str | None = None
    timeout_seconds: float | None = Field(default=None, gt=0)


class ProviderConfig(StoreConfig):
    """The keys under ``remote:`` of feature_store.yaml.

    Attributes:
        url: The address of `provender serve`.
        flight_url: The address of `provender serve-offline`.
    """

    url: Url | None = None
    flight_url: FlightUrl | None = None


def address(own: str | None, name: str, context: PluginContext) -> str:
    """Return an address: the store's own, else that under ``remote:``.

    Args:
        own: What the store's settings say.
        name: ``url`` or ``flight_url``.
        context: Whom the store is built for.

    Raises:
        ConfigError: There is none, or what stands under ``remote:`` is wrong.
    """
    shared = provider_settings("remote", ProviderConfig, context)
    found = own or getattr(shared, name)
    if found is None:
        raise ConfigError(
            "the address of the feature server is not configured",
            allowed=f"remote: {{{name}: …}}, or {name} of the store",
            fix=f"name it in {context.repo_path / 'feature_store.yaml'}",
        )
    return str(found)
