"""The entry point: light, it imports no SDK."""

from __future__ import annotations

from provender.plugin import ProviderInfo, StoreConfig, StoreType
from provender_redis.config import RedisConfig

info = ProviderInfo(
    name="redis",
    api_version=2,
    stores={
        "online": (
            StoreType(
                "redis",
                RedisConfig,
                frozenset(
                    {"multi_process", "large_values", "delete", "keys", "swap", "figures", "expiry"}
                ),
                shorthand="url",
                factory="provender_redis.store:redis_store",
            ),
        ),
    },
    distribution="provender-redis",
    requires=("redis",),
    settings=StoreConfig,
)
