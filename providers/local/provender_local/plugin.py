"""The entry point of the local provider: light, it imports no database."""

from __future__ import annotations

from collections.abc import Sequence

from provender.plugin import (
    Finding,
    OfflineStore,
    OnlineStore,
    PluginContext,
    ProviderInfo,
    Registry,
    StoreConfig,
    StoreType,
    hookimpl,
    run_check,
)
from provender_local.configuration import (
    DuckDBConfig,
    FileRegistryConfig,
    SqliteConfig,
    SqlRegistryConfig,
)

_OFFLINE = frozenset({"parquet_spine", "sql_spine", "sql", "nested", "zero_in_text"})
_ONLINE = frozenset({"multi_process", "large_values", "count", "delete", "keys"})
_REGISTRY = frozenset({"multi_process"})

info = ProviderInfo(
    name="local",
    stores={
        "offline": (StoreType("duckdb", DuckDBConfig, _OFFLINE),),
        "online": (StoreType("sqlite", SqliteConfig, _ONLINE, shorthand="path"),),
        "registry": (
            StoreType("file", FileRegistryConfig, _REGISTRY, shorthand="path"),
            StoreType("sql", SqlRegistryConfig, _REGISTRY, shorthand="url"),
        ),
    },
)


@hookimpl
def provender_offline_store(config: StoreConfig, context: PluginContext) -> OfflineStore | None:
    """Build the DuckDB store."""
    if not isinstance(config, DuckDBConfig):
        return None
    from provender_local.duckdb_store import DuckDBStore

    return DuckDBStore(config, context)


@hookimpl
def provender_online_store(config: StoreConfig, context: PluginContext) -> OnlineStore | None:
    """Build the SQLite store."""
    if not isinstance(config, SqliteConfig):
        return None
    from provender_local.sqlite_store import SqliteStore

    return SqliteStore(context.repo_path / config.path, config.timeout_seconds)


@hookimpl
def provender_registry(config: StoreConfig, context: PluginContext) -> Registry | None:
    """Build the registry in a file or a database."""
    from provender_local.sql_registry import SqlRegistry, sqlite_url

    if isinstance(config, FileRegistryConfig):
        url = sqlite_url(context.repo_path / config.path)
        return SqlRegistry(url, context.clock, config.timeout_seconds)
    if isinstance(config, SqlRegistryConfig):
        wait = config.timeout_seconds
        return SqlRegistry(config.url, context.clock, wait, context.repo_path)
    return None


@hookimpl
def provender_check(context: PluginContext) -> Sequence[Finding]:
    """Look at the disk that queries spill to."""
    from provender_local.spill import Spill

    config = context.stores.get("offline")
    if not isinstance(config, DuckDBConfig):
        return ()
    return (run_check("spilling of queries", Spill(config, context.repo_path).told),)
