"""`OnlineGauges`: what the online store holds, measured now and then, for Prometheus."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import msgspec
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from provender.clock import to_us
from provender.online_figures import OnlineFigures
from provender.server.runtime.metrics import Metrics
from provender.server.runtime.thread_pool import Threads
from provender.store import FeatureStore

_log = logging.getLogger("provender.server")
_FIRST_SECONDS = 10.0
"""The pause before the first measurement: the start of a server leaves the store to requests."""
_EARLY = 0.1
"""The part of the pause by which the clocks of two workers may differ."""
_US = 1_000_000


class _Table(msgspec.Struct, array_like=True):
    """What was measured of one table."""

    view: str
    generation: int
    rows: int | None
    bytes: int | None
    expired: float | None
    newest_us: int | None


class _Measured(msgspec.Struct, array_like=True):
    """What was measured of all tables, and when (s since 1970)."""

    at: float
    tables: list[_Table]


_GAUGES: dict[str, tuple[str, Callable[[_Table], float | None]]] = {
    "provender_online_rows": ("Rows of an online table.", lambda t: t.rows),
    "provender_online_bytes": (
        "Bytes of an online table, as its store counts them.",
        lambda t: t.bytes,
    ),
    "provender_online_expired_ratio": (
        "The part of an online table's rows that are past the ttl of their view.",
        lambda t: t.expired,
    ),
    "provender_online_newest_event_timestamp_seconds": (
        "The newest event timestamp of an online table; its age is time() minus this.",
        lambda t: None if t.newest_us is None else t.newest_us / _US,
    ),
}
_AT = "provender_online_measured_timestamp_seconds"
_AT_HELP = "When the online tables were last measured."


class OnlineGauges(Collector):
    """Measures the online tables in a thread at a bounded rate; a scrape asks no store.

    Of several workers one measures at a time, and all show what it found: it is in a file of the
    folder in which they share their metrics. A failure is logged once and counted, and what was
    found before stays, with the instant of its measurement.

    Args:
        store: The feature store.
        threads: Where the stores are waited for.
        metrics: Where failures are counted, and what shows the gauges.
        folder: What workers share; None: there is one worker.
    """

    def __init__(
        self, store: FeatureStore, threads: Threads, metrics: Metrics, folder: Path | None
    ) -> None:
        self._store = store
        self._threads = threads
        self._metrics = metrics
        self._every = store.config.server.online_figures_every.total_seconds()
        self._file = None if folder is None else folder / "online-tables.json"
        self._found = _Measured(0.0, [])
        self._failed = False
        metrics.add(self)

    async def forever(self) -> None:
        """Measure soon after the start and then at each interval, until cancelled."""
        if not self._every:
            return
        await asyncio.sleep(min(self._every, _FIRST_SECONDS))
        while True:
            if self.take_turn():
                await self.measure()
            await asyncio.sleep(self._every)

    def collect(self) -> Iterable[Metric]:
        """Return the gauges of what was measured last; a figure that is not known is left out."""
        found = self._latest()
        if not found.at:
            return
        for name, (told, figure) in _GAUGES.items():
            gauge = GaugeMetricFamily(name, told, labels=["view", "generation"])
            for table in found.tables:
                value = figure(table)
                if value is not None:
                    labels = [table.view, str(table.generation)]
                    gauge.add_metric(labels, value)
            yield gauge
        yield GaugeMetricFamily(_AT, _AT_HELP, value=found.at)

    async def measure(self) -> None:
        """Measure the tables now; a failure is noted, and not raised."""
        try:
            tables = await self._threads.run(self._store.online_figures)
        except Exception as error:  # noqa: BLE001 - whatever a plug-in raises, it is tried again
            if not self._failed:
                _log.warning("the online tables cannot be measured: %s", error)
            self._failed = True
            self._metrics.store_failed("online", "failed")
            return
        self._failed = False
        self._found = _Measured(time.time(), list(map(_table, tables)))
        if self._file is not None:
            await self._threads.run(self._share, self._file, self._found)

    def take_turn(self) -> bool:
        """Return whether no worker has begun to measure within the interval, and note that it does.

        Two that begin at the same moment both measure, which does no harm.
        """
        if self._file is None:
            return True
        turn = self._file.with_suffix(".turn")
        with suppress(OSError):
            if time.time() - turn.stat().st_mtime < self._every * (1 - _EARLY):
                return False
        with suppress(OSError):
            turn.write_bytes(b"")
        return True

    def _share(self, file: Path, found: _Measured) -> None:
        """Write for the other workers what was found: in one step, so that none reads a part."""
        with suppress(OSError):  # the folder goes when the server ends
            part = file.with_suffix(".part")
            part.write_bytes(msgspec.json.encode(found))
            part.replace(file)

    def _latest(self) -> _Measured:
        if self._file is not None:
            with suppress(OSError, msgspec.DecodeError):
                return msgspec.json.decode(self._file.read_bytes(), type=_Measured)
        return self._found


def _table(one: OnlineFigures) -> _Table:
    newest = None if one.newest is None else to_us(one.newest)
    return _Table(one.view, one.generation, one.rows, one.bytes, one.expired_share, newest)
