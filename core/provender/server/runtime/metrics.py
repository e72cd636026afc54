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
from prometheus_client.registry import Collector

from provender.online.response import Status, ViewResult
from provender.wire.names import ONLINE_FEATURES

_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
_US = 1_000_000
_LOT = 64
_IS_PRESENT = Status.PRESENT


class Metrics:
    """The server's metrics; with several workers they are summed over all of them."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        told = "Seconds of each stage of an online read: parse, read, encode."
        self._stages = _seconds("provender_online_stage_seconds", told, ["stage"], registry)
        told = "Seconds of requests from the first byte to the answer, by path and code."
        self._requests = _seconds("provender_request_seconds", told, ["path", "code"], registry)
        told = "Values that were served, by view and status."
        labels = ["view", "status"]
        self._values = Counter("provender_online_values", told, labels, registry=registry)
        self._newest = Gauge(
            "provender_view_newest_event_timestamp_seconds",
            "The newest event timestamp of a view that was served; its age is time() minus this.",
            ["view"],
            multiprocess_mode="max",
            registry=registry,
        )
        told = "Failures of stores, by store and kind: failed, late."
        labels = ["store", "kind"]
        self._failures = Counter("provender_store_errors", told, labels, registry=registry)
        self._reads: tuple[list[float], ...] = ([], [], [], [])
        self._read_histograms = (
            *map(self._stages.labels, ("parse", "read", "encode")),
            self._requests.labels(ONLINE_FEATURES, "200"),
        )
        self._collectors: list[Collector] = []
        self._present: dict[str, int] = {}
        self._newest_us: dict[str, int] = {}
        self.request = lru_cache(maxsize=256)(self._request)

    def _request(self, path: str, code: int) -> Histogram:
        """Return what observes the seconds of a request with a path and a code."""
        return self._requests.labels(path, str(code))

    def online_read(self, parse: float, read: float, encode: float, whole: float) -> None:
        """Note the seconds of an online read, by stages and as a whole.

        What is noted is handed over to Prometheus's client in lots, which takes half the time.
        """
        parses, reads, encodes, wholes = self._reads
        parses.append(parse)
        reads.append(read)
        encodes.append(encode)
        wholes.append(whole)
        if len(wholes) >= _LOT:
            self.flush()

    def flush(self) -> None:
        """Hand over what was noted; in the event loop's thread, as all that notes."""
        for histogram, seconds in zip(self._read_histograms, self._reads, strict=True):
            for value in seconds:
                histogram.observe(value)
            seconds.clear()
        for view, count in self._present.items():
            self._values.labels(view, "PRESENT").inc(count)
        self._present.clear()
        for view, newest in self._newest_us.items():
            self._newest.labels(view).set(newest / _US)

    def served(self, views: Sequence[ViewResult]) -> None:
        """Count the values of a response by view and status; note how new they are."""
        for view in views:
            name, width, rows = view.view, len(view.outputs), len(view.statuses)
            present = view.statuses.count(_IS_PRESENT)
            if not rows:
                continue
            self._present[name] = self._present.get(name, 0) + present * width
            if present == rows and view.events[0] is not None:
                newest = max(view.events)  # type: ignore[type-var]
            else:  # or of an on-demand feature view, whose values have no timestamps
                self._count_others(view)
                newest = max((event for event in view.events if event is not None), default=None)
            if newest is not None and newest > self._newest_us.get(name, -1):
                self._newest_us[name] = newest

    def _count_others(self, view: ViewResult) -> None:
        for status in (Status.NOT_FOUND, Status.OUTSIDE_MAX_AGE):
            found = view.statuses.count(status)
            if found:
                self._values.labels(view.view, status.value).inc(found * len(view.outputs))

    def store_failed(self, store: str, kind: str) -> None:
        """Count a failure of a store; `kind` is ``failed`` or ``late``."""
        self._failures.labels(store, kind).inc()

    def add(self, collector: Collector) -> None:
        """Show what a collector has, too: something that is the same in all workers."""
        self._collectors.append(collector)
        self._registry.register(collector)

    def exposition(self) -> bytes:
        """Return all metrics as Prometheus reads them, those of all workers."""
        registry = self._registry
        if MULTIPROCESS in os.environ:
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            for collector in self._collectors:
                registry.register(collector)
        return generate_latest(registry)


def _seconds(name: str, told: str, labels: list[str], registry: CollectorRegistry) -> Histogram:
    return Histogram(name, told, labels, buckets=_SECONDS, registry=registry)
