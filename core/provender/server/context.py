"""`Context`: what the endpoints of one worker share, put together and taken apart."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from provender.clock import Clock
from provender.config.server import ServerConfig
from provender.server.auth.loopback import AllowedHosts
from provender.server.auth.tokens import Guard
from provender.server.online.reads import OnlineReads
from provender.server.runs.background import Runs
from provender.server.runs.documents import RunDocuments
from provender.server.runtime.catalog_refresh import CatalogRefresh
from provender.server.runtime.circuit_breaker import Breaker
from provender.server.runtime.metrics import MULTIPROCESS, Metrics
from provender.server.runtime.online_gauges import OnlineGauges
from provender.server.runtime.thread_pool import Threads
from provender.store import FeatureStore

_WAITING_FOR_EACH = 64
"""How many requests wait for each thread, until others are refused."""
_HOUSEKEEPERS = 4
_FLUSH_SECONDS = 0.5


@dataclass(frozen=True)
class Context:
    """What the endpoints share.

    Attributes:
        store: The feature store.
        settings: The server's settings.
        guard: Who may do what; None: everybody everything.
        hosts: By which names the server may be called; None: by any.
        metrics: What is measured.
        threads: Where requests wait for stores.
        housekeeping: Where the registry is waited for, so that no request is behind it.
        breaker: Leaves the online store alone while it fails.
        reads: Reads online features.
        runs: Materializations in the background.
        refresh: Keeps the catalog fresh.
        gauges: Measures now and then what the online store holds.
    """

    store: FeatureStore
    settings: ServerConfig
    guard: Guard | None
    hosts: AllowedHosts | None
    metrics: Metrics
    threads: Threads
    housekeeping: Threads
    breaker: Breaker
    reads: OnlineReads
    runs: Runs
    refresh: CatalogRefresh
    gauges: OnlineGauges

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Keep the catalog fresh meanwhile, and release everything afterwards."""
        await self.refresh.once()
        gc.collect()
        gc.freeze()  # what stays for good is not looked through again, which takes milliseconds
        work = (self.refresh.forever(), self.gauges.forever(), self._flush())
        tasks = [asyncio.create_task(one) for one in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.runs.stop(self.settings.drain.total_seconds())
            self.threads.close()
            self.housekeeping.close()
            await self.store.close_async()

    async def _flush(self) -> None:
        """Let other workers know what was measured here."""
        while True:
            await asyncio.sleep(_FLUSH_SECONDS)
            self.metrics.flush()


def make_context(
    store: FeatureStore,
    guard: Guard | None,
    housekeeping: Threads,
    clock: Clock,
    hosts: AllowedHosts | None = None,
) -> Context:
    """Return the context of a worker.

    Args:
        store: The feature store, which is closed at the end of `Context.serving`.
        guard: Who may do what.
        housekeeping: See `housekeeping_threads`.
        clock: The present.
        hosts: By which names the server may be called; None: by any.
    """
    settings = store.config.server
    metrics = Metrics()
    threads = Threads(settings.threads, settings.threads * _WAITING_FOR_EACH)
    pause = settings.breaker_pause.total_seconds()
    breaker = Breaker("online store", settings.breaker_failures, pause)
    deadline = settings.deadline.total_seconds()
    shared = os.environ.get(MULTIPROCESS)
    gauges = OnlineGauges(store, housekeeping, metrics, Path(shared) if shared else None)
    documents = RunDocuments(store.project, lambda: store.stores.registry, clock)
    return Context(
        store=store,
        settings=settings,
        guard=guard,
        hosts=hosts,
        metrics=metrics,
        threads=threads,
        housekeeping=housekeeping,
        breaker=breaker,
        reads=OnlineReads(store, threads, breaker, metrics, deadline),
        runs=Runs(store, documents, housekeeping),
        refresh=CatalogRefresh(store, housekeeping),
        gauges=gauges,
    )


def housekeeping_threads() -> Threads:
    """Return threads for what is no request: the registry, keys of tokens."""
    return Threads(_HOUSEKEEPERS, 100)
