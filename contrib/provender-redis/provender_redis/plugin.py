"""The entry point: light, it imports no SDK."""

from __future__ import annotations

from provender.plugin import (
    OnlineStore,
    PluginContext,
    ProviderInfo,
    StoreConfig,
    StoreType,
    hookimpl,
)
from provender_redis.config import RedisConfig, refuse_own_section

_CAN = frozenset({"multi_process", "large_values", "delete", "keys"})

info = ProviderInfo(
    name="redis",
    stores={"online": (StoreType("redis", RedisConfig, _CAN, shorthand="url"),)},
    distribution="provender-redis",
    requires=("redis",),
)


@hookimpl
def provender_online_store(config: StoreConfig, context: PluginContext) -> OnlineStore | None:
    """Build the Redis store; the server is first spoken to by its first call."""
    if not isinstance(config, RedisConfig):
        return None
    refuse_own_section(context)
    from functools import partial

    from provender_redis.connection import connect, connect_async
    from provender_redis.store import RedisStore

    of_loop = partial(connect_async, config, context.repo_path)
    return RedisStore(connect(config, context.repo_path), of_loop, config, context.clock)
