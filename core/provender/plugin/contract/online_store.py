"""`OnlineStore`: a key-value store with one rule, newest event wins."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from provender.errors import StoreError
from provender.plugin.contract.table_figures import TableFigures
from provender.threads import in_thread

OnlineRow = tuple[bytes, int, int, bytes]
"""``(key, event timestamp, created timestamp, value)``; timestamps are µs since 1970 in UTC, the
created one is `NO_CREATED_TIMESTAMP` where there is none. Key and value are opaque to the store."""
NO_CREATED_TIMESTAMP = -(2**63)
"""Stands for a missing created timestamp: earlier than any, as in a point-in-time join."""
MOST_KEYS_AT_ONCE = 500
"""Keys up to which `OnlineStore.read_now` takes about as long as handing them to a thread."""


@dataclass(frozen=True, slots=True)
class OnlineTable:
    """The rows of one feature view of one project.

    Attributes:
        project: The project's name; two projects never see each other's rows.
        view: The feature view's name.
        ttl: How long a row is valid after its event timestamp, in µs; a store may drop it
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
    under concurrent writers and within one batch; of equal pairs the one written later wins,
    so that writing again is harmless and a row can be written again with more features.

    Each method that an event loop may wait for has a twin whose name ends in ``_async``. By default
    it calls the method in a thread, so that the loop is not blocked; a store whose client is
    asynchronous overrides `read_many_async`, `write_async`, `delete_async` and `close_async`. A
    twin may be awaited by many tasks, in any event loop, in several of them one after the other
    or at the same time; when it is cancelled the store stays usable, and rows may or may not have
    been written or deleted.
    """

    @abstractmethod
    def prepare(self, tables: Sequence[OnlineTable]) -> None:
        """Create the tables that do not exist; existing tables keep their rows.

        Raises:
            StoreError: The store failed.
        """

    @abstractmethod
    def drop(self, tables: Sequence[OnlineTable]) -> None:
        """Remove `tables` with all their rows; tables that do not exist are ignored.

        Others may be using them: who reads meanwhile gets rows or none, and no error; rows that are
        written meanwhile are removed, stay until the next drop, or are refused with a StoreError.
        Other generations of the view are not touched.

        Raises:
            StoreError: The store failed.
        """

    @abstractmethod
    def write(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> int | None:
        """Merge `rows` into `table`; returns when they are durable.

        Returns:
            How many of the rows were kept back because the stored row of their key is newer; a
            row with an equal pair is written. A row may count or not that is older than another
            row of its key among `rows`, or that others replace meanwhile. None: the store would
            need a further request to find out; the rows then count as written.

        Raises:
            StoreError: The store failed; some of the rows may be written, and it is safe to
                write all of them again.
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
        """Return `read` for each request; in one round trip if the store can.

        Raises:
            StoreError: The store failed.
        """
        return [self.read(table, keys) for table, keys in requests]

    def read_now(
        self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]
    ) -> list[list[OnlineRow | None]] | None:
        """Return `read_many` if that does not block, None otherwise.

        A server calls this in its event loop, where a call that blocks delays all requests: a
        store whose rows are on this machine may answer; one that goes over a network, or whose
        rows are locked at the moment, returns None, and the server calls `read_many` in a thread.

        Raises:
            StoreError: The store failed.
        """
        return None

    async def read_async(self, table: OnlineTable, keys: Sequence[bytes]) -> list[OnlineRow | None]:
        """Return what `read` returns; by `read_many_async`, so that a store overrides only that.

        Raises:
            StoreError: The store failed.
        """
        return (await self.read_many_async([(table, keys)]))[0]

    async def read_many_async(
        self, requests: Sequence[tuple[OnlineTable, Sequence[bytes]]]
    ) -> list[list[OnlineRow | None]]:
        """Return what `read_many` returns, without blocking the event loop.

        By default a few rows are read at once where `read_now` can, for a thread would take
        longer; everything else is read in a thread.

        Raises:
            StoreError: The store failed.
        """
        if sum(len(keys) for _, keys in requests) <= MOST_KEYS_AT_ONCE:
            answers = self.read_now(requests)
            if answers is not None:
                return answers
        return await in_thread(self.read_many, requests)

    async def write_async(self, table: OnlineTable, rows: Sequence[OnlineRow]) -> int | None:
        """Merge `rows` into `table` as `write` does, without blocking the event loop.

        By default in a thread, which continues if the waiting task is cancelled.

        Returns:
            What `write` returns.

        Raises:
            StoreError: As for `write`.
        """
        return await in_thread(self.write, table, rows)

    def delete(self, table: OnlineTable, keys: Sequence[bytes]) -> None:
        """Remove the rows of these keys; returns when the removal is durable.

        Keys without a row are ignored, in a table that was never prepared too, and a key may be
        given twice. Removals are not remembered: a row that is written later is stored,
        even if its event is older than that of the removed row. Of a write of the same key at
        the same time, either may be the last.

        A store that can do this claims the capability ``delete``; by default it cannot.

        Raises:
            StoreError: The store failed; some of the rows may be removed, and it is safe to
                remove all of them again. Or it cannot delete rows by their keys; nothing was
                removed.
        """
        raise _cannot(
            self, "delete rows by their keys", "remove the feature view and apply it again"
        )

    async def delete_async(self, table: OnlineTable, keys: Sequence[bytes]) -> None:
        """Remove rows as `delete` does, without blocking the event loop.

        By default in a thread, which continues if the waiting task is cancelled.

        Raises:
            StoreError: As for `delete`.
        """
        await in_thread(self.delete, table, keys)

    def sweep(self, table: OnlineTable, before: int, most: int) -> int:
        """Remove rows whose event timestamp is before `before`, at most `most` of them.

        What counts is the event timestamp that is stored at the moment of the removal, so that a
        row stays that is replaced by a newer one meanwhile; `table.ttl`, and what a store has noted
        of it, do not count. A row that is being written at that moment may be left for the next
        sweep. Transactions are short and the memory that is needed is bounded, however large the
        table is. A table that was never prepared has nothing to remove.

        A store that can do this claims the capability ``sweep``; by default it cannot. A store that
        removes rows by itself when their time to live is over claims ``expiry``, and need not.

        Args:
            table: The table.
            before: An instant in µs; a row of just this instant stays.
            most: How many rows are removed at most.

        Returns:
            How many rows were removed; fewer than `most`: there are no more.

        Raises:
            StoreError: The store failed; some of the rows may be removed, and it is safe to sweep
                again. Or it cannot remove rows by their age; nothing was removed.
        """
        raise _cannot(
            self, "remove rows past their time to live", "leave them: they are not served"
        )

    async def sweep_async(self, table: OnlineTable, before: int, most: int) -> int:
        """Remove rows as `sweep` does, without blocking the event loop.

        By default in a thread, which continues if the waiting task is cancelled.

        Raises:
            StoreError: As for `sweep`.
        """
        return await in_thread(self.sweep, table, before, most)

    def keys(self, table: OnlineTable) -> Iterator[Sequence[bytes]]:
        """Return the key of every row of `table`, in portions of any size and in no order.

        Each key is given once; it may be given again only if rows are removed meanwhile, or
        expire. A row that is written or removed meanwhile may be seen or not. What is held in
        memory does not grow with the table. A table that was never prepared has no keys.

        A store that can do this claims the capability ``keys``; by default it cannot.

        Raises:
            StoreError: The store failed, which any portion may raise. Or it cannot list
                its keys.
        """
        raise _cannot(
            self, "list the keys of its rows", "take the keys from the source of the view"
        )

    async def keys_async(self, table: OnlineTable) -> AsyncIterator[Sequence[bytes]]:
        """Return what `keys` returns, without blocking the event loop.

        By default each portion is fetched in a thread.

        Raises:
            StoreError: As for `keys`.
        """
        portions = await in_thread(self.keys, table)
        while (portion := await in_thread(next, portions, None)) is not None:
            yield portion

    def swap(
        self, table: OnlineTable, key: bytes, expected: OnlineRow | None, row: OnlineRow
    ) -> bool:
        """Replace the row of `key` by `row`, if it is still `expected`.

        A compare-and-swap of one row: newest wins does not apply, so that `row` may be older. Of
        many who swap the same row at the same time, one succeeds.

        A store never tries again when the answer to a swap is lost: it could not distinguish its
        own row from another writer's.

        A store that can do this claims the capability ``swap``; by default it cannot.

        Args:
            table: A table that was prepared.
            key: The key; that of `row` too.
            expected: The row as it was read, or None: there is none.
            row: The new row.

        Returns:
            False: the row has changed, and nothing was written.

        Raises:
            StoreError: The store failed; the row may or may not be swapped; read it to find out. Or
                the store cannot swap rows.
        """
        raise _cannot(self, "compare and swap a row", "use another online store")

    async def swap_async(
        self, table: OnlineTable, key: bytes, expected: OnlineRow | None, row: OnlineRow
    ) -> bool:
        """Do what `swap` does, without blocking the event loop.

        By default in a thread, which continues if the waiting task is cancelled.

        Raises:
            StoreError: As for `swap`.
        """
        return await in_thread(self.swap, table, key, expected, row)

    def count(self, table: OnlineTable) -> int | None:
        """Return how many rows `table` holds, or None if counting is expensive."""
        return None

    def figures(self, table: OnlineTable, expired_before: int | None) -> TableFigures:
        """Return how many rows `table` holds, how many bytes they take and how old they are.

        A figure is exact where that is cheap, otherwise an estimate and marked as one, otherwise
        None. Time, memory and cost are bounded however large the table is: a store that is paid
        for, or is elsewhere, looks at a sample and never at everything. Other tables do not
        count, nor other generations of the view. A table that was never prepared has no rows.

        A store that knows more than `count` claims the capability ``figures``; by default the
        other figures are None.

        Args:
            table: The table.
            expired_before: A row has expired when its event timestamp is before this instant, in
                µs; None: no row expires, and ``expired`` is 0.

        Raises:
            StoreError: The store failed.
        """
        return TableFigures(self.count(table), expired=0 if expired_before is None else None)

    async def figures_async(self, table: OnlineTable, expired_before: int | None) -> TableFigures:
        """Return what `figures` returns, without blocking the event loop.

        By default in a thread.

        Raises:
            StoreError: As for `figures`.
        """
        return await in_thread(self.figures, table, expired_before)

    def usage(self) -> Mapping[str, float]:
        """Return what was used since the store was built and is paid for, such as capacity units.

        It is shown after a materialization, each under its name; nothing by default.
        """
        return {}

    def close(self) -> None:
        """Release connections; closing twice is allowed."""

    async def close_async(self) -> None:
        """Release connections, those of the running event loop too; closing twice is allowed.

        Connections of an event loop are released when it ends, even if nobody calls this; see
        `provender.plugin.PerLoop`.
        """
        await in_thread(self.close)


def _cannot(store: OnlineStore, what: str, way_out: str) -> StoreError:
    return StoreError(
        f"this online store cannot {what}",
        got=f"{type(store).__module__}.{type(store).__qualname__}",
        fix=f"install a version of its provider that can, or {way_out}",
    )
