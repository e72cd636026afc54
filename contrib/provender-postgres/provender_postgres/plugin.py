"""The entry point: light, it imports no driver."""

from __future__ import annotations

from provender.plugin import (
    OfflineStore,
    OnlineStore,
    PluginContext,
    ProviderInfo,
    Registry,
    StoreConfig,
    StoreType,
    hookimpl,
)
from provender_postgres.config import OfflineConfig, OnlineConfig, RegistryConfig

_OFFLINE = frozenset({"sql_spine", "sql"})
_ONLINE = frozenset({"multi_process", "large_values", "count", "delete", "keys"})

info = ProviderInfo(
    name="postgres",
    stores={
        "offline": (StoreType("postgres", OfflineConfig, _OFFLINE, shorthand="url"),),
        "online": (StoreType("postgres", OnlineConfig, _ONLINE, shorthand="url"),),
        "registry": (
            StoreType("postgres", RegistryConfig, frozenset({"multi_process"}), shorthand="url"),
        ),
    },
    sources={"postgres": "provender_postgres.source:PostgresSource"},
    distribution="provender-postgres",
    requires=("psycopg",),
)


@hookimpl
def provender_offline_store(config: StoreConfig, context: PluginContext) -> OfflineStore | None:
    """Build the offline store; the server is first spoken to by its first call."""
    if not isinstance(config, OfflineConfig):
        return None
    from provender_postgres.offline_store import PostgresOfflineStore

    return PostgresOfflineStore(config, context)


@hookimpl
def provender_online_store(config: StoreConfig, context: PluginContext) -> OnlineStore | None:
    """Build the online store; the server is first spoken to by its first call."""
    if not isinstance(config, OnlineConfig):
        return None
    from provender_postgres.online_store import PostgresOnlineStore

    return PostgresOnlineStore(config, context)


@hookimpl
def provender_registry(config: StoreConfig, context: PluginContext) -> Registry | None:
    """Build the registry; the server is first spoken to by its first call."""
    if not isinstance(config, RegistryConfig):
        return None
    from provender_postgres.registry import PostgresRegistry

    return PostgresRegistry(config, context)
