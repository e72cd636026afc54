"""The settings: how the server is reached, once for all three stores or for each its own."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr

from provender.plugin import PluginContext, StoreConfig, provider_settings

Port = Annotated[int, Field(ge=1, le=65535)]


class ServerConfig(StoreConfig):
    """How a server is reached; what a store leaves out is taken from under ``postgres:``.

    Attributes:
        url: ``postgresql://user@host:port/database``, or libpq's ``key=value`` form.
        host: The server, or the directory of its socket.
        port: Its port.
        database: The database.
        user: The user.
        password: The password; better ``${NAME}`` than written out.
        sslmode: How the connection is encrypted, as libpq names it.
        connect_timeout_seconds: How long to wait for a connection.
    """

    url: SecretStr | None = None
    host: str | None = None
    port: Port | None = None
    database: str | None = None
    user: str | None = None
    password: SecretStr | None = None
    sslmode: str | None = None
    connect_timeout_seconds: PositiveInt | None = None


class OfflineConfig(ServerConfig):
    """Settings of the offline store.

    Attributes:
        batch_rows: The most rows that are read at once.
        statement_timeout_seconds: How long a query may take; None: as long as the server allows.
    """

    batch_rows: PositiveInt = 50_000
    statement_timeout_seconds: PositiveFloat | None = None


class OnlineConfig(ServerConfig):
    """Settings of the online store.

    Attributes:
        schema_name: The schema of its tables, which must exist.
        batch_rows: The most rows that are written by one statement.
    """

    schema_name: str = "public"
    batch_rows: PositiveInt = 5_000


class RegistryConfig(ServerConfig):
    """Settings of the registry.

    Attributes:
        schema_name: The schema of its table, which must exist.
    """

    schema_name: str = "public"


def connection_settings(config: ServerConfig, context: PluginContext) -> dict[str, Any]:
    """Return what libpq needs to connect: the store's own settings, else those of ``postgres:``.

    Raises:
        ConfigError: With everything that is wrong under ``postgres:``.
    """
    shared = _shared(context)
    own = {name for name in ServerConfig.model_fields if getattr(config, name) is not None}
    names = {"url": "conninfo", "database": "dbname", "connect_timeout_seconds": "connect_timeout"}
    found: dict[str, Any] = {}
    for name in ServerConfig.model_fields:
        value = getattr(config if name in own else shared, name)
        secret = isinstance(value, SecretStr)
        if value is not None:
            found[names.get(name, name)] = value.get_secret_value() if secret else value
    return {"connect_timeout": 10, **found}


def _shared(context: PluginContext) -> ServerConfig:
    return provider_settings("postgres", ServerConfig, context)
