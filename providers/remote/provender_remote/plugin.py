"""The entry point of the remote provider: light, it imports no client library."""

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
from provender_remote.configuration import RemoteConfig, RemoteOfflineConfig

_OFFLINE = frozenset({"parquet_spine", "sql_spine", "sql", "nested", "zero_in_text"})
_ONLINE = frozenset({"multi_process", "large_values", "count", "delete", "keys"})
_REGISTRY = frozenset({"multi_process"})

info = ProviderInfo(
    name="remote",
    stores={
        "offline": (StoreType("remote", RemoteOfflineConfig, _OFFLINE, shorthand="flight_url"),),
        "online": (StoreType("remote", RemoteConfig, _ONLINE, shorthand="url"),),
        "registry": (StoreType("remote", RemoteConfig, _REGISTRY, shorthand="url"),),
    },
    extra="client",
    requires=("httpx",),
)


@hookimpl
def provender_offline_store(config: StoreConfig, context: PluginContext) -> OfflineStore | None:
    """Build the offline store behind `provender serve-offline`."""
    if not isinstance(config, RemoteOfflineConfig):
        return None
    from provender_remote.offline_store import RemoteOfflineStore

    return RemoteOfflineStore(config, context)


@hookimpl
def provender_online_store(config: StoreConfig, context: PluginContext) -> OnlineStore | None:
    """Build the online store behind `provender serve`."""
    if not isinstance(config, RemoteConfig):
        return None
    from provender_remote.online_store import RemoteOnlineStore

    return RemoteOnlineStore(config, context)


@hookimpl
def provender_registry(config: StoreConfig, context: PluginContext) -> Registry | None:
    """Build the registry behind `provender serve`."""
    if not isinstance(config, RemoteConfig):
        return None
    from provender_remote.registry import RemoteRegistry

    return RemoteRegistry(config, context)
