"""The online store in Firestore: one document per row, newest wins without locks."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, ThreadPoolExecutor, wait
from typing import Any, TypeVar

from provender.plugin import OnlineRow, OnlineStore, OnlineTable, PluginContext
from provender_gcp.configuration import FirestoreConfig, cloud
from provender_gcp.firestore_client import FirestoreClient
from provender_gcp.firestore_documents import Places, row_of
from provender_gcp.firestore_ramp import Ramp
from provender_gcp.firestore_writer import FirestoreWriter, groups, newest

T = TypeVar("T")
R = TypeVar("R")
_PAGE = 2_000
"""The documents of a dropped table that are looked up and deleted at a time."""


class FirestoreStore(OnlineStore):
    """Rows as documents; requests of one call run beside each other.

    Args:
        config: The store's settings.
        context: Whom it is built for.

    Raises:
        ConfigError: There are no credentials, or no project is named.
    """

    def __init__(self, config: FirestoreConfig, context: PluginContext) -> None:
        self._config = config
        self._client = FirestoreClient(config, cloud(config, context))
        self._places = Places(self._client.database, config.collection)
        ramp = Ramp(config.writes_per_second)
        self._writer = FirestoreWriter(self._client, ramp, config.timeout_seconds)
        self._lock = threading.Lock()
        self._pool: tuple[int, Executor] | None = None

    def prepare(self, tables: Sequence[OnlineTable]) -> None:
        """Do nothing: Firestore's collections come with their first document."""

    def drop(self, tables: Sequence[OnlineTable]) -> None:
        """Delete all documents of the tables, a page at a time."""
        for table in tables:
            parent = self._places.parent(table)
            for page in self._client.names(parent, self._places.group, _PAGE):
                parts = _parts(page, self._config.batch_rows)
                self._beside(self._writer.delete, parts)

    def write(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> None:
        """Merge rows, many groups of them at a time."""
        by_key = newest(rows)
        names = self._places.rows(table, list(by_key))
        named = dict(zip(names, by_key.values(), strict=True))
        parts = list(groups(named, self._config.batch_rows))
        self._beside(lambda part: self._writer.merge(part, table.ttl), parts)

    def read(self, table: OnlineTable, keys: Sequence[bytes]) -> list[OnlineRow | None]:
        """Return the row of each key, in the order of the keys."""
        return self.read_many([(table, keys)])[0]

    def read_many(
        self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]
    ) -> list[list[OnlineRow | None]]:
        """Return `read` for each request: documents of all views are asked for in one trip."""
        names = [self._places.rows(table, keys) for table, keys in requests]
        wanted = list(dict.fromkeys(name for part in names for name in part))
        found: dict[str, Any] = {}
        for answer in self._beside(self._client.get, _parts(wanted, self._config.read_rows)):
            found.update(answer)
        return [
            [
                None if (document := found.get(name)) is None else row_of(key, document)
                for name, key in zip(part, keys, strict=True)
            ]
            for part, (_, keys) in zip(names, requests, strict=True)
        ]

    def count(self, table: OnlineTable) -> int:
        """Return how many rows a table holds, which Firestore bills as one read per 1,000."""
        return self._client.count(self._places.parent(table), self._places.group)

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None and pool[0] == os.getpid():
            pool[1].shutdown()
        self._client.close()

    def _beside(self, call: Callable[[T], R], parts: Sequence[T]) -> Iterable[R]:
        """Call for each part, beside each other where there are several.

        When one fails, those that have not begun are left out, and the others waited for.
        """
        if len(parts) <= 1:
            return [call(part) for part in parts]
        futures = [self._executor().submit(call, part) for part in parts]
        done, left = wait(futures, return_when=FIRST_EXCEPTION)
        for future in left:
            future.cancel()
        wait(futures)
        failed = next((future for future in done if future.exception()), None)
        if failed is not None:
            failed.result()
        return [future.result() for future in futures]

    def _executor(self) -> Executor:
        with self._lock:
            if self._pool is None or self._pool[0] != os.getpid():
                workers = ThreadPoolExecutor(self._config.parallel, "firestore")
                self._pool = os.getpid(), workers
            return self._pool[1]


def _parts(names: Sequence[str], most: int) -> list[Sequence[str]]:
    return [names[start : start + most] for start in range(0, len(names), most)]
