"""`LoopCommands`: what the store asks of Redis from an event loop."""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Iterable, Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import NoScriptError

from provender_redis.commands import (
    MOST_KEYS,
    Write,
    ask_for,
    ask_to_merge,
    ask_to_unlink,
    portions_of,
    without_error,
)
from provender_redis.errors import telling
from provender_redis.scripts import MERGE

_MOST_CONNECTIONS = 64
"""Tasks are cheap, connections are not: more tasks than that wait for each other."""


class LoopCommands:
    """A client of redis-py for one event loop.

    Args:
        client: The client.
    """

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._turn = Semaphore(_MOST_CONNECTIONS)
        self._merge_sha = client.register_script(MERGE).sha

    async def get(self, keys: Sequence[bytes]) -> list[Any]:
        """Return what is stored at each key, in one trip.

        Raises:
            StoreError: Redis failed.
        """
        if not keys:
            return []
        async with self._turn:
            with telling(self._client):
                return await self._get(keys)

    async def merge(self, writes: Iterable[Write]) -> int:
        """Write what is not older than what is stored, in one trip; a portion is atomic.

        Returns:
            How many are older.

        Raises:
            StoreError: Redis failed.
        """
        portions = list(portions_of(writes))
        if not portions:
            return 0
        async with self._turn:
            with telling(self._client):
                try:
                    return await self._merge(portions)
                except NoScriptError:  # a server that is new, or that was told to forget
                    await self._client.script_load(MERGE)
                    return await self._merge(portions)

    async def unlink(self, keys: Sequence[bytes]) -> None:
        """Remove keys, in one trip.

        Raises:
            StoreError: Redis failed.
        """
        async with self._turn:
            with telling(self._client):
                async with self._client.pipeline(transaction=False) as pipeline:
                    ask_to_unlink(pipeline, keys)
                    without_error(await pipeline.execute(raise_on_error=False))

    async def close(self) -> None:
        """Close the connections, those to sentinels too."""
        pool = self._client.connection_pool
        sentinels = getattr(getattr(pool, "sentinel_manager", None), "sentinels", ())
        for client in (self._client, *sentinels):
            await client.aclose(close_connection_pool=True)

    async def _get(self, keys: Sequence[bytes]) -> list[Any]:
        if len(keys) <= MOST_KEYS:
            found: list[Any] = await self._client.mget(keys)
            return found
        async with self._client.pipeline(transaction=False) as pipeline:
            ask_for(pipeline, keys)
            return [stored for part in await pipeline.execute() for stored in part]

    async def _merge(self, portions: Sequence[Sequence[Write]]) -> int:
        async with self._client.pipeline(transaction=False) as pipeline:
            ask_to_merge(pipeline, self._merge_sha, portions)
            return sum(without_error(await pipeline.execute(raise_on_error=False)))
