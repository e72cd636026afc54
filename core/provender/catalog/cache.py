"""`CachedCatalog`: the catalog as readers cache it, refreshed in the background."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from provender.catalog.catalog import Catalog
from provender.errors import ProvenderError

_log = logging.getLogger("provender.catalog")

Load = Callable[[Catalog | None], Catalog]
"""Reads the newest catalog, given the one at hand."""
Background = Callable[[Callable[[], None]], None]
"""Lets a piece of work be done without being waited for."""


def in_a_thread(work: Callable[[], None]) -> None:
    """Do `work` in a thread that ends with the process."""
    threading.Thread(target=work, name="provender-catalog", daemon=True).start()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A catalog, and when it was the newest.

    Attributes:
        catalog: The catalog.
        read_at: When its reading began, in seconds of the cache's clock.
    """

    catalog: Catalog
    read_at: float


@dataclass(frozen=True, slots=True)
class _Held:
    """A catalog, and when it was read: by the order of reads, and by the clock."""

    snapshot: Snapshot
    order: int
    until: float


class CachedCatalog:
    """Gives the catalog that was read last, and reads it anew when it is too old.

    Only the first reader waits. When the time to live has passed, the next reader gets the old
    catalog at once, while one thread reads a new one; when that fails, the old one is served
    on, the failure is logged once, and it is tried again after another time to live. A reader
    that comes only after twice the time to live waits: the tables that the old catalog names may
    be dropped by then. A catalog is swapped as a whole, and never for one that was read earlier.

    Args:
        load: Reads the newest catalog; it is given the one at hand, to return it if it is that.
        ttl_seconds: How long a catalog is given without asking; 0: read it each time; None:
            for ever.
        clock: Seconds that only grow.
        background: Lets a piece of work be done without being waited for.

    Attributes:
        failure: What kept the last refresh in the background from succeeding; None when it did.
    """

    def __init__(
        self,
        load: Load,
        ttl_seconds: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        background: Background = in_a_thread,
    ) -> None:
        self._load = load
        self._ttl = ttl_seconds
        self._clock = clock
        self._background = background
        self._lock = threading.Lock()
        self._first = threading.Lock()
        self._held: _Held | None = None
        self._order = 0
        self._refreshing: int | None = None
        self.failure: Exception | None = None

    def get(self) -> Catalog:
        """Return the catalog; only the first call waits for the registry.

        Raises:
            RegistryError: It was never read, and cannot be.
        """
        held = self._held
        if held is None:
            return self._read_first()
        if self._ttl == 0:
            return self.refresh()
        if self._clock() >= held.until:
            if self._is_too_old(held):
                return self._read_again(held)
            if self._begins():
                self._start()
        return held.snapshot.catalog

    @property
    def waits(self) -> bool:
        """Whether `get` has to wait for the registry at the moment."""
        held = self._held
        return self._ttl == 0 or held is None or self._is_too_old(held)

    def recent(self, seconds: float) -> Snapshot:
        """Return a catalog that was the newest at most some seconds ago.

        It is read in the background when half of that time has passed, so that whoever asks often
        does not wait.

        Raises:
            RegistryError: It has to be read, and cannot be.
        """
        held = self._held
        if held is None or not self.is_recent(held.snapshot, seconds):
            return self.refresh_snapshot()
        if not self.is_recent(held.snapshot, seconds / 2) and self._begins():
            self._start()
        return held.snapshot

    def is_recent(self, snapshot: Snapshot, seconds: float) -> bool:
        """Return whether a catalog was the newest less than some seconds ago."""
        return self._clock() - snapshot.read_at < seconds

    def refresh(self) -> Catalog:
        """Read the catalog now, and return it.

        Raises:
            RegistryError: The registry cannot be read; the catalog at hand stays.
        """
        return self.refresh_snapshot().catalog

    def refresh_snapshot(self) -> Snapshot:
        """Read the catalog now, and return it with the time of its reading.

        Raises:
            RegistryError: The registry cannot be read; the catalog at hand stays.
        """
        order, began, held = self._next(), self._clock(), self._held
        snapshot = Snapshot(self._load(held.snapshot.catalog if held else None), began)
        self._hold(snapshot, order)
        return snapshot

    def now(self) -> float:
        """Return the seconds of the clock, for `put`."""
        return self._clock()

    def put(self, catalog: Catalog, began: float) -> None:
        """Hold a catalog that was just committed.

        Args:
            catalog: The catalog.
            began: When its commit began; others may have committed since it ended.
        """
        self._hold(Snapshot(catalog, began), self._next())

    def clear(self) -> None:
        """Forget the catalog; the next reader waits for it."""
        with self._lock:
            self._order += 1
            self._held = None

    def _read_first(self) -> Catalog:
        with self._first:
            held = self._held
            return held.snapshot.catalog if held is not None else self.refresh()

    def _is_too_old(self, held: _Held) -> bool:
        """Whether nobody has read the catalog for long; a refresh that failed is no reason."""
        if not self._ttl or self.failure is not None:
            return False
        return self._clock() - held.snapshot.read_at >= 2 * self._ttl

    def _read_again(self, held: _Held) -> Catalog:
        try:
            return self.refresh()
        except ProvenderError as error:
            self._fail(error)
            return held.snapshot.catalog

    def _next(self) -> int:
        with self._lock:
            self._order += 1
            return self._order

    def _hold(self, snapshot: Snapshot, order: int) -> None:
        with self._lock:
            until = float("inf") if self._ttl is None else self._clock() + self._ttl
            if self._held is None or self._held.order < order:
                self._held = _Held(snapshot, order, until)
                self.failure = None

    def _begins(self) -> bool:
        """Return True for the one reader that has to start the refresh."""
        with self._lock:
            if self._refreshing == os.getpid():  # a thread does not live on in a forked process
                return False
            self._refreshing = os.getpid()
            return True

    def _start(self) -> None:
        try:
            self._background(self._refresh_behind)
        except RuntimeError as error:  # no more threads, or the interpreter ends
            self._fail(error)
            self._refreshing = None

    def _refresh_behind(self) -> None:
        try:
            self.refresh()
        except ProvenderError as error:
            self._fail(error)
        finally:
            self._refreshing = None

    def _fail(self, error: Exception) -> None:
        with self._lock:
            known, self.failure = self.failure, error
            held = self._held
            if held is not None and self._ttl is not None:
                self._held = _Held(held.snapshot, held.order, self._clock() + self._ttl)
        if known is None:
            _log.warning(
                "the catalog could not be reloaded, so the previous version is still served: %s",
                error,
            )
