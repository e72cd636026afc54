"""`CatalogRefresh`: keeps the catalog fresh without a request that waits for it."""

from __future__ import annotations

import asyncio
import logging

from provender.errors import ProvenderError
from provender.server.runtime.thread_pool import Threads
from provender.store import FeatureStore

_log = logging.getLogger("provender.server")
_AGAIN_SECONDS = 1.0
_EARLIER = 0.8
"""A part of the time to live, so that requests always find a catalog that is fresh."""


class CatalogRefresh:
    """Reads the catalog now and then, in a thread.

    Args:
        store: The feature store.
        threads: Where the registry is waited for.

    Attributes:
        failure: What kept the last read from succeeding; None when it did.
        is_loaded: Whether the catalog was ever read.
    """

    def __init__(self, store: FeatureStore, threads: Threads) -> None:
        self._store = store
        self._threads = threads
        self.failure: ProvenderError | None = None
        self.is_loaded = False

    async def once(self) -> None:
        """Read the catalog now; a failure is noted, and logged once."""
        try:
            await self._threads.run(self._store.refresh)
        except ProvenderError as error:
            if self.failure is None:
                _log.warning("the catalog cannot be read: %s", error)
            self.failure = error
        else:
            if self.failure is not None:
                _log.info("the catalog can be read again")
            self.failure, self.is_loaded = None, True

    async def forever(self) -> None:
        """Read the catalog shortly before its time to live is over, until cancelled."""
        ttl = self._store.config.cache_ttl_seconds
        while True:
            if self.failure is not None:
                await asyncio.sleep(_AGAIN_SECONDS)
            elif ttl:
                await asyncio.sleep(max(ttl * _EARLIER, 0.05))
            else:
                return
            await self.once()
