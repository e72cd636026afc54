"""The entry point of the remote provider: light, it imports no client library."""

from __future__ import annotations

from provender.plugin import (
    ProviderInfo,
    StoreType,
)
from provender_remote.configuration import ProviderConfig, RemoteConfig, RemoteOfflineConfig

info = ProviderInfo(
    name="remote",
    api_version=2,
    stores={
        "offline": (
            StoreType(
                "remote",
                RemoteOfflineConfig,
                frozenset({"parquet_spine", "sql_spine", "sql", "nested", "zero_in_text"}),
                shorthand="flight_url",
                factory="provender_remote.offline_store:RemoteOfflineStore",
            ),
        ),
        "online": (
            StoreType(
                "remote",
                RemoteConfig,
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
                factory="provender_remote.online_store:RemoteOnlineStore",
            ),
        ),
        "registry": (
            StoreType(
                "remote",
                RemoteConfig,
                frozenset({"multi_process"}),
                shorthand="url",
                factory="provender_remote.registry:RemoteRegistry",
            ),
        ),
    },
    extra="client",
    requires=("httpx",),
    settings=ProviderConfig,
)
