"""`OnlineStore`: a key-value store with one rule, newest event wins."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

OnlineRow = tuple[bytes, int, int, bytes]
"""``(key, event timestamp, created timestamp, value)``; timestamps are µs since 1970 in UTC, the
created one is `NO_CREATED_TIMESTAMP` where there is none. Key and value are opaque to the store."""
NO_CREATED_TIMESTAMP = -(2**63)
"""Stands for a missing created timestamp: earlier than any, as in a point-in-time join."""


@dataclass(frozen=True, slots=True)
class OnlineTable:
    """The rows of one feature view of one project.

    Attributes:
        project: The project's name; two projects never see each other's rows.
        view: The feature view's name.
        ttl: How long a row is of use after its event timestamp, in µs; a store may drop it
            later than that, never earlier. None: for ever.
        generation: Grows when the rows of an earlier table of the view no longer fit it.
    """

    project: str
    view: str
    ttl: int | None = None
    generation: int = 0

    @property
    def name(self) -> str:
        """``project.view.generation``: unique, since names hold no dots."""
        return f"{self.project}.{self.view}.{self.generation}"


class OnlineStore(ABC):
    """The contract of an online store.

    A row replaces the stored one of its key unless its ``(event, created)`` pair is older, also
    under concurrent writers and within one batch; of equal pairs the later written stays, so
    that writing again is harmless and a row can be written anew with more features in it.
    """

    @abstractmethod
    def prepare(self, tables: Sequence[OnlineTable]) -> None:
        """Make ready for rows of `tables`; nothing happens to those that are.

        Raises:
            StoreError: The store failed.
        """

    @abstractmethod
    def drop(self, tables: Sequence[OnlineTable]) -> None:
        """Remove `tables` with all their rows; nothing happens when there are none.

        Raises:
            StoreError: The store failed.
        """

    @abstractmethod
    def write(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> None:
        """Merge `rows` into `table`; returns when they are durable.

        Raises:
            StoreError: The store failed; some of the rows may be written, and writing all of
                them again is right.
        """

    @abstractmethod
    def read(self, table: OnlineTable, keys: Sequence[bytes]) -> list[OnlineRow | None]:
        """Return the row of each key, in the order of `keys`; None where there is none.

        A table that was never prepared has no rows.

        Raises:
            StoreError: The store failed.
        """

    def read_many(
        self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]
    ) -> list[list[OnlineRow | None]]:
        """Return `read` for each request; a store that can, answers all in one trip.

        Raises:
            StoreError: The store failed.
        """
        return [self.read(table, keys) for table, keys in requests]

    def read_now(
        self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]
    ) -> list[list[OnlineRow | None]] | None:
        """Return `read_many` if that takes no waiting, None otherwise.

        A server calls this in its event loop, where whatever waits keeps all requests waiting: a
        store whose rows are on this machine may answer; one that goes over a network, or whose
        rows are locked at the moment, returns None and is asked by `read_many` in a thread.

        Raises:
            StoreError: The store failed.
        """
        return None

    def count(self, table: OnlineTable) -> int | None:
        """Return how many rows `table` holds, or None when the store cannot tell cheaply."""
        return None

    def close(self) -> None:
        """Release connections; closing twice is allowed."""
