"""The online store in DynamoDB: one item per row, newest wins by conditional writes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from provender.plugin import (
    OnlineRow,
    OnlineStore,
    OnlineTable,
    PluginContext,
    TableFigures,
    ThreadFanOut,
)
from provender_aws.clients import open_client
from provender_aws.dynamodb_configuration import DynamoDBConfig, complete_dynamodb
from provender_aws.dynamodb_figures import measure
from provender_aws.dynamodb_items import (
    KEY,
    Places,
    check_sizes,
    read_units,
    row_of,
    size,
    write_units,
)
from provender_aws.dynamodb_requests import MOST_DELETED, MOST_READ, Requests
from provender_aws.dynamodb_tables import Tables
from provender_aws.dynamodb_usage import Usage
from provender_aws.errors import aws_errors, code

T = TypeVar("T")
_PLACE = "DynamoDB"


@dataclass(frozen=True, slots=True)
class Costs:
    """What rows cost on demand.

    Attributes:
        write_units: For writing each of them once.
        read_units: For reading each of them once.
        write_price: Of those write units.
        read_price: Of those read units.
        currency: The currency of both.
    """

    write_units: int
    read_units: float
    write_price: float
    read_price: float
    currency: str


class DynamoDBStore(OnlineStore):
    """Rows as items; requests of one call run beside each other.

    Args:
        config: The store's settings.
        context: Whom it is built for.
        client: Another client with boto3's methods, such as DAX's; it is not closed.

    Raises:
        ConfigError: Something under ``aws:`` is wrong.
    """

    def __init__(self, config: DynamoDBConfig, context: PluginContext, client: Any = None) -> None:
        import boto3  # noqa: F401 - missing: told now, with the extra

        self._config = complete_dynamodb(config, context)
        self._places = Places(self._config.table_prefix, self._config.table)
        self._given = client
        self._lock = threading.Lock()
        self._opened: tuple[int, Any] | None = None
        self._usage = Usage()
        self._tables = Tables(self._client, self._config)
        self._requests = Requests(
            self._client,
            self._usage,
            self._config.retry_seconds,
            consistent=self._config.consistent_reads,
        )
        self._fan_out = ThreadFanOut(self._config.parallel, "dynamodb")

    def prepare(self, tables: Sequence[OnlineTable]) -> None:
        """Make the tables that are missing, and wait until they are there."""
        names = list(dict.fromkeys(map(self._places.table, tables)))
        self._fan_out.each(self._tables.make, names)

    def drop(self, tables: Sequence[OnlineTable]) -> None:
        """Remove the tables; from a shared one, the items of the views."""
        if self._places.shared is None:
            self._fan_out.each(self._tables.remove, list(map(self._places.table, tables)))
            return
        for table in tables:
            self._empty(self._places.shared, self._places.begins(table))

    def _empty(self, shared: str, begin: bytes) -> None:
        with aws_errors(_PLACE), _missing_is_empty():
            for page in self._requests.scan(shared, begin):
                self._delete(shared, [bytes(one[KEY]["B"]) for one in page])

    def delete(self, table: OnlineTable, keys: Sequence[bytes]) -> None:
        """Remove rows, 25 with one request and many requests at a time."""
        items = list(dict.fromkeys(self._places.keys(table, keys)))
        with aws_errors(_PLACE), _missing_is_empty():
            self._delete(self._places.table(table), items)

    def _delete(self, name: str, items: Sequence[bytes]) -> None:
        self._fan_out.each(
            lambda part: self._requests.delete(name, part), _parts(items, MOST_DELETED)
        )

    def keys(self, table: OnlineTable) -> Iterator[list[bytes]]:
        """Return the keys, a page at a time; the table is read whole, a shared one too."""
        name, begin = self._places.table(table), self._places.begins(table)
        with aws_errors(_PLACE), _missing_is_empty():
            for page in self._requests.scan(name, begin):
                yield self._places.row_keys(table, page)

    def write(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> int:
        """Merge rows, many at a time.

        Raises:
            StoreError: A row is too large, and none is written; or DynamoDB failed.
        """
        newest = _newest(rows)
        keys = self._places.keys(table, newest)
        named = list(zip(keys, newest.values(), strict=True))
        check_sizes(table, named)
        name = self._places.table(table)
        with aws_errors(_PLACE):
            written = self._fan_out.each(
                lambda one: self._requests.put(name, *one, table.ttl), named
            )
        return written.count(False)

    def swap(
        self, table: OnlineTable, key: bytes, expected: OnlineRow | None, row: OnlineRow
    ) -> bool:
        """Replace one row by a conditional write; one that fails for a moment is not repeated."""
        (name,) = self._places.keys(table, [key])
        check_sizes(table, [(name, row)])
        with aws_errors(_PLACE):
            place = self._places.table(table)
            return self._requests.swap(place, name, expected, row, table.ttl)

    def read(self, table: OnlineTable, keys: Sequence[bytes]) -> list[OnlineRow | None]:
        """Return the row of each key, in the order of the keys."""
        return self.read_many([(table, keys)])[0]

    def read_many(
        self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]
    ) -> list[list[OnlineRow | None]]:
        """Return `read` for each request: items of all views are asked for in one trip."""
        asked = [
            [(self._places.table(table), key) for key in self._places.keys(table, keys)]
            for table, keys in requests
        ]
        wanted = list(dict.fromkeys(pair for part in asked for pair in part))
        found: dict[tuple[str, bytes], Any] = {}
        with aws_errors(_PLACE):
            for answer in self._fan_out.each(self._get, _parts(wanted, MOST_READ)):
                found.update(answer)
        return [
            [
                None if (item := found.get(pair)) is None else row_of(key, item)
                for pair, key in zip(part, keys, strict=True)
            ]
            for part, (_, keys) in zip(asked, requests, strict=True)
        ]

    def _get(self, part: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes], Any]:
        """Return the items; a table that is not there has none."""
        try:
            return self._requests.get(part)
        except Exception as error:
            if code(error) != "ResourceNotFoundException":
                raise
        tables = {table for table, _ in part}
        there = {table for table in tables if self._tables.state(table) is not None}
        left = [pair for pair in part if pair[0] in there]
        return self._requests.get(left) if left and there != tables else {}

    def figures(self, table: OnlineTable, expired_before: int | None) -> TableFigures:
        """Return figures from at most 1,000 items and from DynamoDB's own counts."""
        with aws_errors(_PLACE):
            return measure(self._requests, self._tables, self._places, table, expired_before)

    def usage(self) -> Mapping[str, float]:
        """Return the capacity units that DynamoDB says were used, since the store was built."""
        return self._usage.told()

    def estimate(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> Costs:
        """Return what it costs to write and to read rows once, from the sizes of their items.

        Each item is rounded up by itself: to a KB when written, to 4 KB when read. Indexes,
        point-in-time recovery and storage are not counted.

        Args:
            table: The view.
            rows: Its rows.
        """
        config, keys = self._config, self._places.keys(table, [row[0] for row in rows])
        sizes = [size(key, row) for key, row in zip(keys, rows, strict=True)]
        writes = write_units(sizes)
        reads = read_units(sizes, consistent=config.consistent_reads)
        write_price, read_price = (
            units * price / 1e6
            for units, price in ((writes, config.write_price), (reads, config.read_price))
        )
        return Costs(writes, reads, write_price, read_price, config.currency)

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._fan_out.close()
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None and opened[0] == os.getpid():
            opened[1].close()

    def _client(self) -> Any:
        if self._given is not None:
            return self._given
        with self._lock:
            if self._opened is None or self._opened[0] != os.getpid():
                self._opened = os.getpid(), self._open()
            return self._opened[1]

    def _open(self) -> Any:
        config = self._config
        return open_client(
            "dynamodb",
            config,
            config.endpoint,
            connect_timeout=config.timeout_seconds,
            read_timeout=config.timeout_seconds,
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=config.parallel,
            parameter_validation=False,  # what is sent is built here; checking it costs a third
        )


def _parts(items: Sequence[T], most: int) -> list[Sequence[T]]:
    """Return items in parts of at most so many."""
    return [items[start : start + most] for start in range(0, len(items), most)]


@contextmanager
def _missing_is_empty() -> Iterator[None]:
    """Stop what is done inside, without an error, when the table is not there."""
    try:
        yield
    except Exception as error:
        if code(error) != "ResourceNotFoundException":
            raise


def _newest(rows: Sequence[OnlineRow]) -> dict[bytes, OnlineRow]:
    """Return the newest row of each key; of equal instants, the later one."""
    newest: dict[bytes, OnlineRow] = {}
    for row in rows:
        known = newest.get(row[0])
        if known is None or row[1:3] >= known[1:3]:
            newest[row[0]] = row
    return newest
