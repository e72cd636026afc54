"""`RedisStore`: one Redis key per row, newest wins in a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from itertools import islice
from typing import Any

from redis import Redis
from redis.asyncio import Redis as LoopRedis

from provender.clock import Clock
from provender.plugin import (
    OnlineRow,
    OnlineStore,
    OnlineTable,
    PerLoop,
    PluginContext,
    TableFigures,
)
from provender_redis.commands import Commands, Write
from provender_redis.config import RedisConfig
from provender_redis.connection import connect, connect_async
from provender_redis.errors import telling
from provender_redis.eviction import refuse_eviction
from provender_redis.figures import COUNTABLE, measure
from provender_redis.keys import lives_key, row_prefix
from provender_redis.lifetimes import Lifetimes, growth
from provender_redis.loop_commands import LoopCommands
from provender_redis.row_format import decode, encode


class RedisStore(OnlineStore):
    """Rows as Redis keys, each with the time to live that its view's ttl leaves it.

    Threads and processes may share it; a forked process opens connections of its own.

    Event loops have clients of their own, which are closed when the loop ends.

    Args:
        client: Where the rows are; it need not be connected yet.
        client_of_loop: Returns a client for an event loop.
        once: A client that sends each command once, even if its answer is lost.
        config: The settings.
        clock: What says how old a row is.
    """

    def __init__(
        self,
        client: Redis,
        client_of_loop: Callable[[], LoopRedis],
        once: Redis,
        config: RedisConfig,
        clock: Clock,
    ) -> None:
        self._client = client
        self._loops = PerLoop(lambda: LoopCommands(client_of_loop()), LoopCommands.close)
        self._commands = Commands(client)
        self._once, self._swaps = once, Commands(once)
        self._config = config
        self._lifetimes = Lifetimes(clock, config.expiry_grace_seconds)
        self._lives = lives_key(config.key_prefix)

    def prepare(self, tables: Sequence[OnlineTable]) -> None:
        """Let rows live longer whose view's ttl has grown; new tables need nothing."""
        if not tables:
            return
        lives: dict[Any, Any] = {table.name: self._lifetimes.of(table) for table in tables}
        with self._telling():
            if not self._config.allow_eviction:
                refuse_eviction(self._client)
            noted = self._client.hmget(self._lives, list(lives))
            before = dict(zip(lives, noted, strict=True))
            for table in tables:
                longer = growth(int(before[table.name] or 0), lives[table.name])
                if longer is not None:
                    self._commands.prolong(self._prefix(table), longer)
            # noted last: what is stopped before is done again
            self._client.hset(self._lives, mapping=lives)

    def drop(self, tables: Sequence[OnlineTable]) -> None:
        """Remove the rows of tables; looks at every key of the database."""
        with self._telling():
            for table in tables:
                self._commands.remove(self._prefix(table))
                self._client.hdel(self._lives, table.name)

    def write(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> int:
        """Merge rows in one trip."""
        writes = self._writes(table, rows)
        with self._telling():
            return self._commands.merge(writes)

    async def write_async(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> int:
        """Merge rows in one trip."""
        commands = await self._loops.get()
        return await commands.merge(self._writes(table, rows))

    def delete(self, table: OnlineTable, keys: Sequence[bytes]) -> None:
        """Remove rows in one trip."""
        with self._telling():
            self._commands.unlink(self._names([(table, keys)]))

    async def delete_async(self, table: OnlineTable, keys: Sequence[bytes]) -> None:
        """Remove rows in one trip."""
        commands = await self._loops.get()
        await commands.unlink(self._names([(table, keys)]))

    def keys(self, table: OnlineTable) -> Iterator[list[bytes]]:
        """Return the keys in portions; looks at every key of the database."""
        prefix = self._prefix(table)
        with self._telling():
            for found in self._commands.scan(prefix):
                yield [key[len(prefix) :] for key in dict.fromkeys(found)]

    def swap(
        self, table: OnlineTable, key: bytes, expected: OnlineRow | None, row: OnlineRow
    ) -> bool:
        """Replace one row in a script, which is sent once."""
        (write,) = self._writes(table, [(key, *row[1:])])
        with telling(self._once):
            return self._swaps.swap(b"" if expected is None else encode(expected), write)

    def read(self, table: OnlineTable, keys: Sequence[bytes]) -> list[OnlineRow | None]:
        """Return the row of each key, in the order of the keys."""
        return self.read_many([(table, keys)])[0]

    def read_many(
        self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]
    ) -> list[list[OnlineRow | None]]:
        """Return `read` for each request, all in one trip."""
        names = self._names(requests)
        with self._telling():
            found = self._commands.get(names)
        return _rows(requests, found)

    async def read_many_async(
        self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]
    ) -> list[list[OnlineRow | None]]:
        """Return `read` for each request, all in one trip."""
        commands = await self._loops.get()
        return _rows(requests, await commands.get(self._names(requests)))

    def count(self, table: OnlineTable) -> int | None:
        """Return the number of rows of a table of a small database, else None."""
        with self._telling():
            if self._client.dbsize() > COUNTABLE:
                return None
            found = self._commands.scan(self._prefix(table))
            return len({key for keys in found for key in keys})

    def figures(self, table: OnlineTable, expired_before: int | None) -> TableFigures:
        """Return figures of the rows: exact in a small database, estimates in a large one."""
        with self._telling():
            return measure(self._commands, self._prefix(table), expired_before)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._client.close()
        self._once.close()

    async def close_async(self) -> None:
        """Close the connections of the running event loop, and those of threads."""
        await self._loops.close()
        await super().close_async()

    def _telling(self) -> AbstractContextManager[None]:
        return telling(self._client)

    def _writes(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> list[Write]:
        prefix = self._prefix(table)
        lives = self._lifetimes.left(self._lifetimes.of(table), [row[1] for row in rows])
        return [(prefix + row[0], encode(row), life) for row, life in zip(rows, lives, strict=True)]

    def _names(self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]) -> list[bytes]:
        names = []
        for table, keys in requests:
            prefix = self._prefix(table)
            names += [prefix + key for key in keys]
        return names

    def _prefix(self, table: OnlineTable) -> bytes:
        return row_prefix(self._config.key_prefix, table)


def _rows(
    requests: Sequence[tuple[OnlineTable, Sequence[bytes]]], stored: Sequence[bytes | None]
) -> list[list[OnlineRow | None]]:
    """Return what was found as the rows of each request."""
    found = iter(stored)
    return [list(map(decode, keys, islice(found, len(keys)))) for _, keys in requests]


def redis_store(config: RedisConfig, context: PluginContext) -> RedisStore:
    """Return the store that a configuration names; the server is first called by its first use."""
    of_loop = partial(connect_async, config, context.repo_path)
    client = connect(config, context.repo_path)
    once = connect(config.model_copy(update={"retries": 0}), context.repo_path)
    return RedisStore(client, of_loop, once, config, context.clock)
