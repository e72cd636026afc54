"""`Commands`: what the store asks of Redis, in few trips and in portions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from redis import Redis
from redis.exceptions import NoPermissionError, NoScriptError

from provender_redis.row_format import EVENT_BYTES
from provender_redis.scripts import MERGE, PROLONG, SWAP

_ROWS, _BYTES = 500, 1_000_000
"""The most rows and about the most bytes of one script, so that others are served between."""
MOST_KEYS = 1_000
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
        self._swap = client.register_script(SWAP)

    def get(self, keys: Sequence[bytes]) -> list[Any]:
        """Return what is stored at each key, in one trip."""
        if not keys:
            return []
        if len(keys) <= MOST_KEYS:
            return self.client.mget(keys)
        with self.client.pipeline(transaction=False) as pipeline:
            ask_for(pipeline, keys)
            return [stored for part in pipeline.execute() for stored in part]

    def merge(self, writes: Iterable[Write]) -> int:
        """Write what is not older than what is stored, in one trip; a portion is atomic.

        Returns:
            How many are older.
        """
        portions = list(portions_of(writes))
        try:
            return self._merge(portions)
        except NoScriptError:  # a server that is new, or that was told to forget
            self.client.script_load(MERGE)
            return self._merge(portions)

    def _merge(self, portions: Sequence[Sequence[Write]]) -> int:
        with self.client.pipeline(transaction=False) as pipeline:
            ask_to_merge(pipeline, self._merge_sha, portions)
            return sum(without_error(pipeline.execute(raise_on_error=False)))

    def swap(self, before: bytes, write: Write) -> bool:
        """Write if `before` is still stored, nothing if that is empty; return whether it was."""
        key, stored, life = write
        return bool(self._swap([key], [before, stored, life]))

    def unlink(self, keys: Sequence[bytes]) -> None:
        """Remove keys, in one trip; the server frees their memory later.

        UNLINK ignores keys that do not exist, takes at least one, and is of the ACL categories
        @keyspace, @write and @fast: https://redis.io/docs/latest/commands/unlink/
        """
        with self.client.pipeline(transaction=False) as pipeline:
            ask_to_unlink(pipeline, keys)
            without_error(pipeline.execute(raise_on_error=False))

    def scan(self, prefix: bytes) -> Iterator[list[bytes]]:
        """Yield portions of the keys that begin so; looks at every key.

        SCAN finds all keys that are there from its begin to its end. One that is there may come
        twice when the server's table of keys shrinks meanwhile: when keys are removed or expire.
        https://redis.io/docs/latest/commands/scan/
        """
        found = self.client.scan_iter(prefix + b"*", count=MOST_KEYS)
        while keys := list(islice(found, MOST_KEYS)):
            yield keys

    def first_keys(self, most: int) -> list[bytes]:
        """Return the first keys that SCAN finds, whatever they are called; each once."""
        return list(dict.fromkeys(islice(self.client.scan_iter(count=MOST_KEYS), most)))

    def measured(self, keys: Sequence[bytes]) -> Iterator[tuple[bytes, int | None]]:
        """Return the first bytes that are stored at each key, and the memory that it takes.

        The memory is None for a key that is gone, and where the user may not ask for it: MEMORY
        USAGE is of the ACL categories @read and @slow.
        """
        for start in range(0, len(keys), MOST_KEYS):
            with self.client.pipeline(transaction=False) as pipeline:
                for key in keys[start : start + MOST_KEYS]:
                    pipeline.getrange(key, 0, EVENT_BYTES - 1)
                    pipeline.memory_usage(key)
                answers = pipeline.execute(raise_on_error=False)
            refused = [one for one in answers[1::2] if isinstance(one, NoPermissionError)]
            memory = [None] * len(refused) if refused else answers[1::2]
            without_error([*answers[::2], *memory])
            yield from zip(answers[::2], memory, strict=True)

    def remove(self, prefix: bytes) -> None:
        """Remove the keys that begin so."""
        for keys in self.scan(prefix):
            self.client.unlink(*keys)

    def prolong(self, prefix: bytes, ms: int) -> None:
        """Let the keys that begin so live longer; 0 ms mean for ever."""
        for keys in self.scan(prefix):
            self._prolong(keys, [ms])


def ask_for(pipeline: Any, keys: Sequence[bytes]) -> None:
    """Put the commands that read keys into a pipeline, of either kind of client."""
    for start in range(0, len(keys), MOST_KEYS):
        pipeline.mget(keys[start : start + MOST_KEYS])


def ask_to_merge(pipeline: Any, sha: str, portions: Sequence[Sequence[Write]]) -> None:
    """Put the commands that merge into a pipeline, of either kind of client."""
    for portion in portions:
        keys = [key for key, _, _ in portion]
        arguments = [item for _, stored, life in portion for item in (stored, life)]
        pipeline.evalsha(sha, len(keys), *keys, *arguments)


def ask_to_unlink(pipeline: Any, keys: Sequence[bytes]) -> None:
    """Put the commands that remove keys into a pipeline, of either kind of client."""
    for start in range(0, len(keys), MOST_KEYS):
        pipeline.unlink(*keys[start : start + MOST_KEYS])


def without_error(answers: list[Any]) -> list[Any]:
    """Return answers, or raise the first error: redis-py would name the rows in its message."""
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return answers


def portions_of(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """Return writes in portions, each for one script."""
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
