"""The online store in Firestore: one document per row, newest wins without locks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from provender.plugin import (
    OnlineRow,
    OnlineStore,
    OnlineTable,
    PerLoop,
    PluginContext,
    TableFigures,
    ThreadFanOut,
)
from provender_gcp.configuration import FirestoreConfig, cloud
from provender_gcp.firestore_async_client import FirestoreAsyncClient
from provender_gcp.firestore_client import FirestoreClient
from provender_gcp.firestore_documents import (
    EVENT,
    KEY,
    Places,
    estimated_count,
    key_of,
    row_of,
    size_of,
)
from provender_gcp.firestore_ramp import Ramp
from provender_gcp.firestore_writer import FirestoreWriter, groups, newest

Requests = Sequence[tuple[OnlineTable, Sequence[bytes]]]
_PAGE = 2_000
"""The documents of a table that are listed at a time."""
_SAMPLED, _WEIGHED = 300, 20
"""The documents whose events, and whose sizes, represent those of all."""
_COUNTED = 500_000
"""The most rows that are counted: this many are billed as 500 reads."""


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
        self._fan_out = ThreadFanOut(config.parallel, "firestore")
        client = self._client
        self._in_loops = PerLoop(
            lambda: FirestoreAsyncClient(client), lambda opened: opened.close()
        )

    def prepare(self, tables: Sequence[OnlineTable]) -> None:
        """Do nothing: Firestore's collections come with their first document."""

    def drop(self, tables: Sequence[OnlineTable]) -> None:
        """Delete all documents of the tables, a page at a time."""
        for table in tables:
            for page in self._client.documents(*self._collection(table), _PAGE):
                self._delete([found.name for found in page])

    def delete(self, table: OnlineTable, keys: Sequence[bytes]) -> None:
        """Delete documents, many groups of them at a time, as fast as rows are written."""
        self._delete(list(dict.fromkeys(self._places.rows(table, keys))))

    def _delete(self, names: Sequence[str]) -> None:
        self._fan_out.each(self._writer.delete, _parts(names, self._config.batch_rows))

    def swap(
        self, table: OnlineTable, key: bytes, expected: OnlineRow | None, row: OnlineRow
    ) -> bool:
        """Replace one row: one read, and one write on a condition."""
        (name,) = self._places.rows(table, [key])
        return self._writer.swap(name, expected, row, table.ttl)

    def keys(self, table: OnlineTable) -> Iterator[list[bytes]]:
        """Return the keys, a page at a time; each row is billed as one read."""
        for page in self._client.documents(*self._collection(table), _PAGE, KEY):
            yield [key_of(found, table.view) for found in page]

    def _collection(self, table: OnlineTable) -> tuple[str, str]:
        return self._places.parent(table), self._places.group

    def write(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> int:
        """Merge rows, many groups of them at a time."""
        by_key = newest(rows)
        names = self._places.rows(table, list(by_key))
        named = dict(zip(names, by_key.values(), strict=True))
        parts = list(groups(named, self._config.batch_rows))
        return sum(self._fan_out.each(lambda part: self._writer.merge(part, table.ttl), parts))

    def read(self, table: OnlineTable, keys: Sequence[bytes]) -> list[OnlineRow | None]:
        """Return the row of each key, in the order of the keys."""
        return self.read_many([(table, keys)])[0]

    def read_many(self, requests: Requests) -> list[list[OnlineRow | None]]:
        """Return `read` for each request: documents of all views are asked for in one trip."""
        names = self._names(requests)
        found: dict[str, Any] = {}
        for answer in self._fan_out.each(self._client.get, self._read_parts(names)):
            found.update(answer)
        return _answers(requests, names, found)

    async def read_many_async(self, requests: Requests) -> list[list[OnlineRow | None]]:
        """Return what `read_many` returns, awaited over a connection of the event loop."""
        import asyncio

        names = self._names(requests)
        found: dict[str, Any] = {}
        parts = self._read_parts(names)
        if parts:
            client = await self._in_loops.get()
            for answer in await asyncio.gather(*map(client.get, parts)):
                found.update(answer)
        return _answers(requests, names, found)

    def _names(self, requests: Requests) -> list[list[str]]:
        return [self._places.rows(table, keys) for table, keys in requests]

    def _read_parts(self, names: Sequence[Sequence[str]]) -> list[Sequence[str]]:
        """Return what each request asks for; a document that is wanted twice is asked for once."""
        wanted = list(dict.fromkeys(name for part in names for name in part))
        return _parts(wanted, self._config.read_rows)

    def count(self, table: OnlineTable) -> int:
        """Return how many rows a table holds, which Firestore bills as one read per 1,000."""
        return self._client.count(*self._collection(table))

    def figures(self, table: OnlineTable, expired_before: int | None) -> TableFigures:
        """Return exact figures of up to 300 rows; of more, those of the first 300 by name.

        Names are hashes, so that the first ones are a sample. Up to some 500,000 rows are counted,
        which Firestore bills as one read per 1,000; the number of more is estimated. Together it
        costs at most some 900 reads. The oldest and newest event are not queried for, since that
        would need an index on a field that is better exempt from it. ``bytes`` is the size of 20
        documents as Firestore counts it, without index entries: always an estimate.
        https://firebase.google.com/docs/firestore/query-data/aggregation-queries
        https://firebase.google.com/docs/firestore/pricing
        """
        page = next(self._client.documents(*self._collection(table), _SAMPLED, EVENT), [])
        weighed = self._client.get([found.name for found in page[:_WEIGHED]]) if page else {}
        sizes = list(map(size_of, weighed.values()))
        size = round(sum(sizes) * len(page) / len(sizes)) if sizes else None
        events = [found.fields[EVENT].integer_value for found in page]
        if len(page) < _SAMPLED:
            found = TableFigures.of_rows(events, expired_before, size if page else 0)
            return replace(found, estimated=frozenset({"bytes"} if page else ()))
        rows = estimated_count(page[-1], len(page))
        if rows > _COUNTED:
            return TableFigures.of_rows(events, expired_before, size, rows)
        found = TableFigures.of_rows(events, expired_before, size, self.count(table))
        return replace(found, estimated=found.estimated - {"rows"})

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        self._fan_out.close()
        self._client.close()

    async def close_async(self) -> None:
        """Close the connections, that of the running event loop too."""
        await self._in_loops.close()
        await super().close_async()


def _parts(names: Sequence[str], most: int) -> list[Sequence[str]]:
    return [names[start : start + most] for start in range(0, len(names), most)]


def _answers(
    requests: Requests, names: Sequence[Sequence[str]], found: Mapping[str, Any]
) -> list[list[OnlineRow | None]]:
    return [
        [
            None if (document := found.get(name)) is None else row_of(key, document)
            for name, key in zip(part, keys, strict=True)
        ]
        for part, (_, keys) in zip(names, requests, strict=True)
    ]
