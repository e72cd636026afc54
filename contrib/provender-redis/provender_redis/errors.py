"""Redis's errors in the project's words: what happened and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis import exceptions as of_redis
from redis.asyncio import Redis as LoopRedis
from redis.asyncio.sentinel import MasterNotFoundError as NotFoundInLoop
from redis.sentinel import MasterNotFoundError

from provender.errors import StoreError

_AGAIN = "then run again: it is safe to write the same rows twice"
_CLUSTER = (
    "the Redis server is part of a cluster, across which tables cannot be split",
    "use a server without cluster mode, or a proxy that hides it",
)
_NO_PRIMARY = (
    "no sentinel knows the primary Redis server",
    "check online_store.sentinels and online_store.sentinel_service",
)
_FACTS: tuple[tuple[type[Exception], str, str], ...] = (
    (
        of_redis.AuthenticationError,
        "the Redis server does not accept the username and the password",
        "check online_store.username and online_store.password",
    ),
    (
        of_redis.NoPermissionError,
        "the Redis user lacks a permission",
        "allow it +@read +@write +@scripting +scan +info on the keys of online_store.key_prefix",
    ),
    (
        of_redis.OutOfMemoryError,
        "the memory of the Redis server is full",
        f"raise maxmemory or free some, {_AGAIN}",
    ),
    (
        of_redis.ReadOnlyError,
        "the Redis server is a replica, which accepts no writes",
        "name the primary, or online_store.sentinels, which know it",
    ),
    (
        of_redis.BusyLoadingError,
        "the Redis server is still loading its data",
        f"wait until it has loaded them, {_AGAIN}",
    ),
    (MasterNotFoundError, *_NO_PRIMARY),
    (NotFoundInLoop, *_NO_PRIMARY),
    (of_redis.MovedError, *_CLUSTER),
    (of_redis.ClusterCrossSlotError, *_CLUSTER),
    (of_redis.ClusterDownError, *_CLUSTER),
    (
        of_redis.TimeoutError,
        "the Redis server does not answer in time",
        f"check the network, or raise online_store.timeout_seconds, {_AGAIN}",
    ),
    (
        of_redis.ConnectionError,
        "the Redis server cannot be reached",
        f"start it, or check the address and the certificates in online_store, {_AGAIN}",
    ),
)
_CODES = {
    "MISCONF": (
        "the Redis server cannot save its data, and accepts no writes",
        f"check its log and its disk, {_AGAIN}",
    ),
    "NOREPLICAS": (
        "the Redis server has too few replicas, and accepts no writes",
        f"start them, {_AGAIN}",
    ),
}


@contextmanager
def telling(client: Redis | LoopRedis) -> Iterator[None]:
    """Tell what a client raises inside in the project's words.

    Raises:
        StoreError: Redis failed.
    """
    try:
        yield
    except of_redis.RedisError as error:
        # not as its cause, which may show a password
        raise store_error(error, client) from None


def store_error(error: of_redis.RedisError, client: Redis | LoopRedis) -> StoreError:
    """Return what redis-py raised as an error of the tree, without any password."""
    fact, fix = _explained(error)
    used = client.connection_pool.connection_kwargs
    return StoreError(fact, got=f"{_where(used)}: {_hidden(str(error), used)}", fix=fix)


def _explained(error: Exception) -> tuple[str, str | None]:
    for kind, fact, fix in _FACTS:
        if isinstance(error, kind):
            return fact, fix
    code = str(error).partition(" ")[0]
    return _CODES.get(code, ("the Redis server refused a command", None))


def _where(used: Mapping[str, Any]) -> str:
    place = used.get("path") or f"{used.get('host', 'sentinels')}:{used.get('port', '')}"
    return f"{str(place).rstrip(':')}, database {used.get('db', 0)}"


def _hidden(text: str, used: Mapping[str, Any]) -> str:
    """Return a text without the password: a server repeats what it does not understand."""
    password = used.get("password")
    return text.replace(password, "***") if password else text
