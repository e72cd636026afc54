"""The Redis store, against bare redis-py that writes blindly and decodes nothing."""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Figure, in_turns, microseconds, ratio
from benchmarks.sizes import Sizes
from provender.clock import system_clock, to_us
from provender.plugin import OnlineRow, OnlineTable

if TYPE_CHECKING:
    from redis import Redis

    from provender_redis.store import RedisStore

BATCH = 10_000
READS = (1, 100)
TASKS = 10
DAY_US = 86_400_000_000
VALUE_BYTES = 100
TABLE = OnlineTable("bench", "v", ttl=7 * DAY_US)


def measure(directory: Path, sizes: Sizes, feast: bool) -> list[Figure]:
    """Write a batch over and over, and read one key and a hundred, each time other ones."""
    from servers.install import program

    if program("redis-server") is None:
        print("redis-server is not installed: not measured")
        return []
    with _opened(directory) as (client, store):
        now, chance = to_us(datetime.now(UTC)), random.Random(1)
        rows = [
            (b"key-%d" % n, now - n, now, chance.randbytes(VALUE_BYTES))
            for n in range(min(sizes.served, BATCH))
        ]
        return [
            _write(client, store, rows, sizes),
            *_read(client, store, rows, sizes),
            *_read_in_a_loop(client, store, rows, sizes),
        ]


@contextmanager
def _opened(directory: Path) -> Iterator[tuple[Redis, RedisStore]]:
    from provender_redis.config import RedisConfig
    from provender_redis.connection import connect, connect_async
    from provender_redis.store import RedisStore
    from servers.redis import redis_server

    with redis_server(directory) as server:
        config = RedisConfig(url=server.url)
        client, store = (
            connect(config, directory),
            RedisStore(
                connect(config, directory),
                partial(connect_async, config, directory),
                connect(config.model_copy(update={"retries": 0}), directory),
                config,
                system_clock,
            ),
        )
        yield client, store
        store.close()
        client.close()


def _write(client: Redis, store: RedisStore, rows: list[OnlineRow], sizes: Sizes) -> Figure:
    def bare() -> None:
        with client.pipeline(transaction=False) as pipeline:
            for key, _, _, value in rows:
                pipeline.set(b"bare/" + key, value, px=DAY_US // 1_000)
            pipeline.execute()

    own, base = in_turns(lambda: store.write(TABLE, rows), bare, rounds=sizes.rounds)
    return _figure(f"redis write, {len(rows):,} at a time, each", own, base, len(rows))


def _read_in_a_loop(
    client: Redis, store: RedisStore, rows: list[OnlineRow], sizes: Sizes
) -> Iterator[Figure]:
    """Read as an event loop does, ten tasks beside each other, each one key or a hundred."""
    from redis.asyncio import Redis as LoopRedis

    at = client.connection_pool.connection_kwargs
    choose = random.Random(3)
    for batch in READS:
        calls = max(TASKS, sizes.reads // batch // 4)
        keys = [[choose.choice(rows)[0] for _ in range(batch)] for _ in range(calls)]
        bare_keys = [[b"bare/" + key for key in part] for part in keys]

        async def bare(parts: list[list[bytes]] = bare_keys) -> None:
            async with LoopRedis(host=at["host"], port=at["port"]) as other:
                await _in_tasks(other.mget, parts)

        own, base = in_turns(
            partial(_run, partial(_in_tasks, partial(store.read_async, TABLE), keys)),
            partial(_run, bare),
            rounds=sizes.rounds,
        )
        yield _figure(f"redis read in a loop, {batch} at a time, each", own, base, calls * batch)


def _run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


async def _in_tasks(ask: Callable[[list[bytes]], Awaitable[object]], parts: list[Any]) -> None:
    async def each(number: int) -> None:
        for part in parts[number::TASKS]:
            await ask(part)

    await asyncio.gather(*map(each, range(TASKS)))


def _read(
    client: Redis, store: RedisStore, rows: list[OnlineRow], sizes: Sizes
) -> Iterator[Figure]:
    choose = random.Random(2)
    for batch in READS:
        keys = [
            [choose.choice(rows)[0] for _ in range(batch)]
            for _ in range(max(1, sizes.reads // batch))
        ]
        bare_keys = [[b"bare/" + key for key in part] for part in keys]
        own, base = in_turns(
            partial(_each, partial(store.read, TABLE), keys),
            partial(_each, client.mget, bare_keys),
            rounds=sizes.rounds,
        )
        yield _figure(f"redis read, {batch} at a time, each", own, base, len(keys) * batch)


def _each(ask: Callable[[list[bytes]], object], parts: list[list[bytes]]) -> None:
    for part in parts:
        ask(part)


def _figure(what: str, own: list[float], base: list[float], count: int) -> Figure:
    ours, theirs = (microseconds(statistics.median(seconds) / count) for seconds in (own, base))
    return Figure(what, ours, f"{theirs} (bare redis-py)", ratio(own, base))
