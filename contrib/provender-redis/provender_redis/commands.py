"""`Commands`: what the store asks of Redis, in few trips and in portions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError, RedisError

from provender_redis.errors import store_error
from provender_redis.scripts import MERGE, PROLONG

_ROWS, _BYTES = 500, 1_000_000
"""The most rows and about the most bytes of one script, so that others are served between."""
_KEYS = 1_000
"""The most keys of one command."""

Write = tuple[bytes, bytes, int]
"""A key, what is stored there and for how many ms."""


class Commands:
    """A client of redis-py, asked only what the store needs.

    Args:
        client: The client.
    """

    def __init__(self, client: Redis) -> None:
        self.client = client
        self._merge_sha = client.register_script(MERGE).sha
        self._prolong = client.register_script(PROLONG)

    def get(self, keys: Sequence[bytes]) -> list[Any]:
        """Return what is stored at each key, in one trip."""
        if not keys:
            return []
        if len(keys) <= _KEYS:
            return self.client.mget(keys)
        with self.client.pipeline(transaction=False) as pipeline:
            for start in range(0, len(keys), _KEYS):
                pipeline.mget(keys[start : start + _KEYS])
            return [stored for part in pipeline.execute() for stored in part]

    def merge(self, writes: Iterable[Write]) -> None:
        """Write what is not older than what is stored, in one trip; a portion is atomic."""
        portions = list(_portions(writes))
        try:
            self._merge(portions)
        except NoScriptError:  # a server that is new, or that was told to forget
            self.client.script_load(MERGE)
            self._merge(portions)

    def _merge(self, portions: Sequence[Sequence[Write]]) -> None:
        with self.client.pipeline(transaction=False) as pipeline:
            for portion in portions:
                keys = [key for key, _, _ in portion]
                arguments = [item for _, stored, life in portion for item in (stored, life)]
                pipeline.evalsha(self._merge_sha, len(keys), *keys, *arguments)
            # raised here, for redis-py would name the rows in its message
            for answer in pipeline.execute(raise_on_error=False):
                if isinstance(answer, Exception):
                    raise answer

    def scan(self, prefix: bytes) -> Iterator[list[bytes]]:
        """Yield portions of the keys that begin so, some keys twice; looks at every key."""
        found = self.client.scan_iter(prefix + b"*", count=_KEYS)
        while keys := list(islice(found, _KEYS)):
            yield keys

    def remove(self, prefix: bytes) -> None:
        """Remove the keys that begin so."""
        for keys in self.scan(prefix):
            self.client.unlink(*keys)

    def prolong(self, prefix: bytes, ms: int) -> None:
        """Let the keys that begin so live longer; 0 ms mean for ever."""
        for keys in self.scan(prefix):
            self._prolong(keys, [ms])

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Tell errors of Redis in the project's words.

        Raises:
            StoreError: Redis failed.
        """
        try:
            yield
        except RedisError as error:
            # not as its cause, which may show a password
            raise store_error(error, self.client) from None


def _portions(writes: Iterable[Write]) -> Iterator[list[Write]]:
    portion: list[Write] = []
    size = 0
    for write in writes:
        portion.append(write)
        size += len(write[1])
        if len(portion) == _ROWS or size > _BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion
