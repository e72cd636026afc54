"""`OnlineReads`: feature vectors read at once where that is possible, else within a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, TypeVar

from provender.clock import seconds_text
from provender.errors import StoreError
from provender.online.response import OnlineResponse
from provender.plugin.contract.online_store import OnlineStore
from provender.server.http.errors import DeadlinePassed, Unavailable
from provender.server.online.prepared_reads import PreparedRead, PreparedReads, Wanted
from provender.server.runtime.circuit_breaker import Breaker
from provender.server.runtime.metrics import Metrics
from provender.server.runtime.thread_pool import Threads
from provender.store import FeatureStore

Columns = Mapping[str, Sequence[Any]]
T = TypeVar("T")
_MOST_AT_ONCE = 500
"""Entity rows up to which a read takes well under a millisecond or two in the event loop."""

_MOST_AWAITED = 1000
"""Reads that wait at once for a store that is awaited without a thread."""


class OnlineReads:
    """Reads online features for requests.

    Args:
        store: The feature store.
        threads: Where reads wait for a store that cannot answer at once.
        breaker: Leaves the online store alone while it fails.
        metrics: Hears of failures.
        deadline: Seconds that a read may take.
    """

    def __init__(
        self,
        store: FeatureStore,
        threads: Threads,
        breaker: Breaker,
        metrics: Metrics,
        deadline: float,
    ) -> None:
        self._store = store
        self._prepared = PreparedReads(store)
        self._threads = threads
        self._breaker = breaker
        self._metrics = metrics
        self._deadline = deadline
        self._at_once: bool | None = None
        self._awaitable = False
        self._awaited = 0

    def now(self, wanted: Wanted, columns: Columns, rows: int) -> OnlineResponse | None:
        """Return the features if nothing has to be waited for, None otherwise.

        Raises:
            RequestError: The entity rows do not fit.
            NotFound: A view or feature is no longer registered.
            StoreError: The store failed.
        """
        if not self._at_once or rows > _MOST_AT_ONCE or not self._breaker.is_closed:
            return None
        found = self._prepared.held(wanted)
        if found is None:
            return None
        try:
            response = found.reader.read_now(_in_our_terms(found, columns))
        except StoreError:
            self._failed("failed")
            raise
        if response is not None:
            self._breaker.succeeded()
        return response

    async def later(self, wanted: Wanted, columns: Columns) -> OnlineResponse:
        """Return the features, waited for within the deadline.

        Raises:
            NotFound: A view, feature or service is not registered.
            RequestError: The entity rows do not fit.
            StoreError: The store failed, took too long, or its circuit breaker is open.
            RegistryError: The catalog cannot be read.
        """
        try:
            async with asyncio.timeout(self._deadline):
                found = await self._plan(wanted)
                return await self._read(found, columns)
        except TimeoutError:
            raise DeadlinePassed(
                f"the read took longer than its deadline of {seconds_text(self._deadline)}"
            ) from None

    async def probe(self) -> None:
        """Ask the online store for a row that there is not.

        Raises:
            StoreError: It failed, took too long, or its circuit breaker is open.
        """
        self._breaker.check()
        try:
            async with asyncio.timeout(self._deadline):
                await self._watched(self._threads.run(self._probe))
        except TimeoutError:
            raise DeadlinePassed("the online store did not answer in time") from None

    async def _plan(self, wanted: Wanted) -> PreparedRead:
        found = self._prepared.held(wanted)
        if found is None:
            found = await self._threads.run(self._prepared.prepare, wanted)
            self._prepared.hold(wanted, found)
        if self._at_once is None:
            self._learn(type(self._store.stores.online))
        return found

    def _learn(self, kind: type[OnlineStore]) -> None:
        """Note whether the store ever answers at once, and whether it can be awaited itself."""
        held = self._store.config.cache_ttl_seconds != 0
        self._at_once = held and kind.read_now is not OnlineStore.read_now
        self._awaitable = kind.read_many_async is not OnlineStore.read_many_async

    async def _read(self, found: PreparedRead, columns: Columns) -> OnlineResponse:
        self._breaker.check()
        taken = _in_our_terms(found, columns)
        if not self._awaitable:
            return await self._watched(self._threads.run(found.reader.read, taken))
        if self._awaited >= _MOST_AWAITED:
            raise Unavailable("too many requests are waiting for the online store")
        self._awaited += 1
        try:
            return await self._watched(found.reader.read_async(taken))
        finally:
            self._awaited -= 1

    async def _watched(self, reading: Awaitable[T]) -> T:
        """Await what the store answers, and let the breaker know what comes of it."""
        try:
            found = await reading
        except Unavailable:  # the store was not even asked
            raise
        except StoreError:
            self._failed("failed")
            raise
        except asyncio.CancelledError:  # by the deadline
            self._failed("late")
            raise
        self._breaker.succeeded()
        return found

    def _failed(self, how: str) -> None:
        self._metrics.store_failed("online", how)
        self._breaker.failed()

    def _probe(self) -> None:
        catalog, online = self._store.catalog, self._store.stores.online
        for name in catalog.view_names[:1]:
            online.read(catalog.view(name).table, [b"provender-ready"])


def _in_our_terms(found: PreparedRead, columns: Columns) -> Columns:
    """Return the entity columns with the values of join keys as their types have them."""
    converts = found.converts()
    if not converts:
        return columns
    taken = dict(columns)
    for name, convert in converts:
        if name in taken:
            taken[name] = [None if value is None else convert(value) for value in taken[name]]
    return taken
