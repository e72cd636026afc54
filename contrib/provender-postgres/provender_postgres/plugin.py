"""The entry point: light, it imports no driver."""

from __future__ import annotations

from provender.plugin import ProviderInfo, StoreType
from provender_postgres.config import OfflineConfig, OnlineConfig, RegistryConfig, ServerConfig

info = ProviderInfo(
    name="postgres",
    api_version=2,
    stores={
        "offline": (
            StoreType(
                "postgres",
                OfflineConfig,
                frozenset({"sql_spine", "sql"}),
                shorthand="url",
                factory="provender_postgres.offline_store:PostgresOfflineStore",
            ),
        ),
        "online": (
            StoreType(
                "postgres",
                OnlineConfig,
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
                shorthand="url",
                factory="provender_postgres.online_store:PostgresOnlineStore",
            ),
        ),
        "registry": (
            StoreType(
                "postgres",
                RegistryConfig,
                frozenset({"multi_process"}),
                shorthand="url",
                factory="provender_postgres.registry:PostgresRegistry",
            ),
        ),
    },
    sources={"postgres": "provender_postgres.source:PostgresSource"},
    distribution="provender-postgres",
    requires=("psycopg",),
    settings=ServerConfig,
)
