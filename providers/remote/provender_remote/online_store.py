"""The online store of a feature server elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from provender.client.sending import failure
from provender.errors import StoreError
from provender.plugin import OnlineRow, OnlineStore, OnlineTable, PluginContext, TableFigures
from provender.wire.answers import Failure
from provender.wire.stores import (
    ONLINE,
    Keys,
    Measured,
    Row,
    Rows,
    Swap,
    Sweep,
    Table,
    read_messages,
)
from provender_remote.configuration import RemoteConfig, address
from provender_remote.through_http import Through

T = TypeVar("T")
_MOST_BYTES = 8 * 1024**2
"""Of the keys and values of one request: half of what a server takes by default."""

_MOST_SWEPT = 50_000
"""Rows that one request removes, within the time that a server gives it."""


class RemoteOnlineStore(OnlineStore):
    """Rows as they are, read and written by the server; its rule is that of its store.

    Args:
        config: The store's settings.
        context: Whom it is built for.

    Raises:
        ConfigError: The server's address is not configured.
        MissingExtra: httpx is not installed.
    """

    def __init__(self, config: RemoteConfig, context: PluginContext) -> None:
        self._through = Through(address(config.url, "url", context), ONLINE, config)
        self._most = config.batch_rows

    def prepare(self, tables: Sequence[OnlineTable]) -> None:
        """Make ready for rows of the tables."""
        self._through.ask("prepare", [_table(table) for table in tables], None)

    def drop(self, tables: Sequence[OnlineTable]) -> None:
        """Remove the tables with all their rows."""
        self._through.ask("drop", [_table(table) for table in tables], None)

    def write(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> int | None:
        """Merge rows, as many with one request as it takes."""
        answers: list[int | None] = [
            self._through.ask("write", Rows(_table(table), part), int | None)
            for part in self._parts(rows, lambda row: len(row[0]) + len(row[3]))
        ]
        known = [kept_back for kept_back in answers if kept_back is not None]
        return sum(known) if len(known) == len(answers) else None

    def delete(self, table: OnlineTable, keys: Sequence[bytes]) -> None:
        """Remove rows, as many with one request as it takes."""
        for part in self._parts(keys, len):
            self._through.ask("delete", Keys(_table(table), part), None)

    def sweep(self, table: OnlineTable, before: int, most: int) -> int:
        """Remove old rows; each request is sent once, so that they are counted once.

        A server whose store removes them by itself has none to remove.
        """
        removed = 0
        while removed < most:
            wanted = min(_MOST_SWEPT, most - removed)
            asked = Sweep(_table(table), before, wanted)
            done: int = self._through.ask("sweep", asked, int, repeatable=False)
            removed += done
            if done < wanted:
                break
        return removed

    def swap(
        self, table: OnlineTable, key: bytes, expected: OnlineRow | None, row: OnlineRow
    ) -> bool:
        """Replace one row; the request is sent once."""
        swap = Swap(_table(table), key, expected, row)
        done: bool = self._through.ask("swap", swap, bool, repeatable=False)
        return done

    def keys(self, table: OnlineTable) -> Iterator[list[bytes]]:
        """Return the keys in the portions of the server's store, as they come."""
        for message in read_messages(self._through.stream("keys", _table(table))):
            if message is None:
                return
            if isinstance(message, Failure):
                raise failure(message)
            yield message
        raise StoreError(
            "the feature server's list of keys ended early",
            fix="run it again; nothing is lost",
        )

    def _parts(self, items: Sequence[T], cost: Callable[[T], int]) -> Iterator[list[T]]:
        """Return items in parts, each for one request."""
        part: list[T] = []
        size = 0
        for item in items:
            if part and (len(part) == self._most or size + cost(item) > _MOST_BYTES):
                yield part
                part, size = [], 0
            part.append(item)
            size += cost(item)
        if part:
            yield part

    def read(self, table: OnlineTable, keys: Sequence[bytes]) -> list[OnlineRow | None]:
        """Return the row of each key, in the order of the keys."""
        return self.read_many([(table, keys)])[0]

    def read_many(
        self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]
    ) -> list[list[OnlineRow | None]]:
        """Return `read` for each request, all in one trip."""
        asked = [Keys(_table(table), list(keys)) for table, keys in requests]
        found: list[list[OnlineRow | None]] = self._through.ask(
            "read", asked, list[list[Row | None]]
        )
        return found

    def count(self, table: OnlineTable) -> int | None:
        """Return how many rows a table holds, if the server's store can tell."""
        found: int | None = self._through.ask("count", _table(table), int | None)
        return found

    def figures(self, table: OnlineTable, expired_before: int | None) -> TableFigures:
        """Return the figures of a table that the server's store gives."""
        asked = Measured(_table(table), expired_before)
        found: TableFigures = self._through.ask("figures", asked, TableFigures)
        return found

    def close(self) -> None:
        """Close the connections."""
        self._through.close()


def _table(table: OnlineTable) -> Table:
    return Table(table.project, table.view, table.ttl, table.generation)
