"""What the server measures, for Prometheus."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from provender.online.response import Status, ViewResult

_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_US = 1_000_000


class Metrics:
    """The server's metrics; with several workers they are summed over all of them."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._stages = Histogram(
            "provender_online_stage_seconds",
            "Seconds of each stage of an online read: parse, read, encode.",
            ["stage"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._requests = Histogram(
            "provender_request_seconds",
            "Seconds of requests from the first byte to the answer, by path and code.",
            ["path", "code"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._values = Counter(
            "provender_online_values",
            "Values that were served, by view and status.",
            ["view", "status"],
            registry=registry,
        )
        self._newest = Gauge(
            "provender_view_newest_event_timestamp_seconds",
            "The newest event timestamp of a view that was served; time() minus it is its age.",
            ["view"],
            multiprocess_mode="max",
            registry=registry,
        )
        self._failures = Counter(
            "provender_store_errors",
            "Failures of stores, by store and kind: failed, late.",
            ["store", "kind"],
            registry=registry,
        )
        self._parse, self._read, self._encode = map(
            self._stages.labels, ("parse", "read", "encode")
        )
        self._newest_us: dict[str, int] = {}
        self.request = lru_cache(maxsize=256)(self._request)
        self._value = lru_cache(maxsize=100_000)(self._values.labels)

    def _request(self, path: str, code: int) -> Histogram:
        """Return what observes the seconds of a request with a path and a code."""
        return self._requests.labels(path, str(code))

    def staged(self, begin: float, parsed: float, read: float, end: float) -> None:
        """Observe an online read, by the instants in seconds between its stages."""
        self._parse.observe(parsed - begin)
        self._read.observe(read - parsed)
        self._encode.observe(end - read)

    def served(self, views: Sequence[ViewResult]) -> None:
        """Count the values of a response by view and status; note how new they are."""
        for view in views:
            self._count(view)
            newest = max((event for event in view.events if event is not None), default=None)
            if newest is not None and newest > self._newest_us.get(view.view, -1):
                self._newest_us[view.view] = newest
                self._newest.labels(view.view).set(newest / _US)

    def _count(self, view: ViewResult) -> None:
        present = view.statuses.count(Status.PRESENT)
        if present:
            self._value(view.view, "PRESENT").inc(present * len(view.outputs))
        if present < len(view.statuses):
            for status in (Status.NOT_FOUND, Status.OUTSIDE_MAX_AGE):
                found = view.statuses.count(status)
                if found:
                    self._value(view.view, status.value).inc(found * len(view.outputs))

    def store_failed(self, store: str, kind: str) -> None:
        """Count a failure of a store; `kind` is ``failed`` or ``late``."""
        self._failures.labels(store, kind).inc()

    def exposition(self) -> bytes:
        """Return all metrics as Prometheus reads them, those of all workers."""
        registry = self._registry
        if _MULTIPROCESS in os.environ:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
