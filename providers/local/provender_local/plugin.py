"""The entry point of the local provider: light, it imports no database."""

from __future__ import annotations

from collections.abc import Sequence

from provender.plugin import (
    Finding,
    PluginContext,
    ProviderInfo,
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

info = ProviderInfo(
    name="local",
    api_version=2,
    stores={
        "offline": (
            StoreType(
                "duckdb",
                DuckDBConfig,
                frozenset({"parquet_spine", "sql_spine", "sql", "nested", "zero_in_text"}),
                factory="provender_local.duckdb_store:DuckDBStore",
            ),
        ),
        "online": (
            StoreType(
                "sqlite",
                SqliteConfig,
                frozenset(
                    {
                        "multi_process",
                        "large_values",
                        "count",
                        "delete",
                        "keys",
                        "swap",
                        "figures",
                        "sweep",
                    }
                ),
                shorthand="path",
                factory="provender_local.sqlite_store:sqlite_store",
            ),
        ),
        "registry": (
            StoreType(
                "file",
                FileRegistryConfig,
                frozenset({"multi_process"}),
                shorthand="path",
                factory="provender_local.sql_registry:file_registry",
            ),
            StoreType(
                "sql",
                SqlRegistryConfig,
                frozenset({"multi_process"}),
                shorthand="url",
                factory="provender_local.sql_registry:sql_registry",
            ),
        ),
    },
    settings=StoreConfig,
)


@hookimpl
def provender_check(context: PluginContext) -> Sequence[Finding]:
    """Look at the disk that queries spill to."""
    from provender_local.spill import Spill

    config = context.stores.get("offline")
    if not isinstance(config, DuckDBConfig):
        return ()
    return (run_check("spilling of queries", Spill(config, context.repo_path).told),)
