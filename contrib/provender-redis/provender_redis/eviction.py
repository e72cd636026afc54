"""Servers that throw rows away when their memory is full are no place for features."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import NoPermissionError

from provender.errors import StoreError


def refuse_eviction(client: Redis) -> None:
    """Refuse a server that may evict keys.

    Raises:
        StoreError: It has a limit of memory and a policy that removes keys at it.
    """
    try:
        memory = client.info("memory")
    except NoPermissionError:
        return  # then nobody here can know
    policy = memory.get("maxmemory_policy", "noeviction")
    if memory.get("maxmemory") and policy != "noeviction":
        raise StoreError(
            "the Redis server evicts rows when its memory is full",
            got=f"maxmemory-policy {policy}",
            allowed="maxmemory-policy noeviction",
            fix="set the policy, or online_store.allow_eviction: true if rows may be lost",
        )
