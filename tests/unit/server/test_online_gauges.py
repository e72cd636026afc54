"""The gauges of the online tables: measured in the background, shown by every worker."""

from __future__ import annotations

import os
from datetime import timedelta
from unittest.mock import Mock

import anyio
import pytest
from prometheus_client.parser import text_string_to_metric_families

from provender.errors import StoreError
from provender.plugin import OnlineStore
from provender.server.context import housekeeping_threads
from provender.server.runtime import online_gauges
from provender.server.runtime.metrics import Metrics
from provender.server.runtime.online_gauges import OnlineGauges
from servers.served_project import NOW, make_project, served

MEASURED = "provender_online_measured_timestamp_seconds"


@pytest.fixture
def store(tmp_path):
    found = make_project(tmp_path, server={"online_figures_every": "1s"})
    yield found
    found.close()


@pytest.fixture
def threads():
    found = housekeeping_threads()
    yield found
    found.close()


def shown(metrics):
    text = metrics.exposition().decode()
    return {
        (sample.name, sample.labels.get("view"), sample.labels.get("generation")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("provender_online_") or "errors" in sample.name
        if not sample.name.endswith("_created")
    }


def one(name, view="driver_stats"):
    return (f"provender_online_{name}", view, "0")


def test_rows_size_expired_share_and_newest_event_of_each_table(store, threads):
    metrics = Metrics()
    gauges = OnlineGauges(store, threads, metrics, None)
    assert MEASURED not in {name for name, *_ in shown(metrics)}
    anyio.run(gauges.measure)
    found = shown(metrics)
    assert (found[one("rows")], found[one("rows", "typed")]) == (2.0, 2.0)
    assert found[one("bytes")] > 32
    assert (found[one("expired_ratio")], found[one("expired_ratio", "typed")]) == (0.5, 0.0)
    assert found[one("newest_event_timestamp_seconds")] == pytest.approx(NOW.timestamp())
    assert (MEASURED, None, None) in found


def test_what_is_not_known_is_left_out(store, threads, monkeypatch):
    monkeypatch.setattr(type(store.stores.online), "figures", OnlineStore.figures)
    metrics = Metrics()
    anyio.run(OnlineGauges(store, threads, metrics, None).measure)
    found = shown(metrics)
    assert found[one("rows")] == 2.0
    assert one("bytes") not in found
    assert one("expired_ratio") not in found
    assert found[one("expired_ratio", "typed")] == 0.0


def test_a_failure_is_counted_and_leaves_what_was_measured(store, threads, monkeypatch):
    metrics = Metrics()
    gauges = OnlineGauges(store, threads, metrics, None)
    anyio.run(gauges.measure)
    before = shown(metrics)
    kind = type(store.stores.online)
    for error in (StoreError("the disk is gone"), RuntimeError("a fault of a plug-in")):
        monkeypatch.setattr(kind, "figures", Mock(side_effect=error))
        anyio.run(gauges.measure)
    after = shown(metrics)
    assert after.pop(("provender_store_errors_total", None, None)) == 2.0
    assert after == before


def test_of_two_workers_one_measures_and_both_show_it(store, threads, tmp_path):
    first, second = Metrics(), Metrics()
    gauges = [OnlineGauges(store, threads, metrics, tmp_path) for metrics in (first, second)]
    assert [one.take_turn() for one in gauges] == [True, False]
    anyio.run(gauges[0].measure)
    assert shown(second) == shown(first)
    assert shown(second)[one("rows")] == 2.0
    turn = tmp_path / "online-tables.turn"
    os.utime(turn, (0, 0))
    assert [one.take_turn() for one in gauges[::-1]] == [True, False]


def test_they_are_measured_at_each_interval_while_it_serves(store, monkeypatch):
    monkeypatch.setattr(online_gauges, "_FIRST_SECONDS", 0.0)
    measured = anyio.Event()
    plain = OnlineGauges.measure

    async def measure(self):
        await plain(self)
        measured.set()

    monkeypatch.setattr(OnlineGauges, "measure", measure)

    async def run():
        async with served(store) as client:
            await measured.wait()
            return (await client.get("/metrics")).text

    assert 'provender_online_rows{generation="0",view="driver_stats"} 2.0' in anyio.run(run)


def test_zero_turns_it_off(tmp_path, threads):
    with make_project(tmp_path, server={"online_figures_every": "0s"}) as store:
        assert store.config.server.online_figures_every == timedelta(0)
        gauges = OnlineGauges(store, threads, Metrics(), None)
        anyio.run(gauges.forever)  # it ends at once
