"""Removing online rows past their ttl: on request and after the writes of a run."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from provender import Entity, FeatureStore, FeatureView, FileSource
from provender.clock import to_us
from provender.errors import NotFound, RequestError, StoreError
from provender.plugin.loading.loader import Plugins
from provender.sweeping import SweptView
from provender.testing.faults import raises
from provender.testing.faults.plugin import FaultyStores

DRIVER = Entity("driver", join_keys=["driver_id"])
HOUR = timedelta(hours=1)


def view(name, hours):
    ttl = None if hours is None else hours * HOUR
    source = FileSource(f"{name}.parquet", timestamp_field="ts")
    return FeatureView(name, source=source, entities=[DRIVER], ttl=ttl)


@pytest.fixture
def store(repository, instants):
    """Rows of 1, 2 and 3 hours, moved at noon, in views of 4 hours and of no ttl."""
    ages = (1, 2, 3)
    for name in ("short", "shorter", "endless"):
        columns = {"driver_id": [*ages], "ts": instants(*ages), name: [*ages]}
        repository.rows(f"{name}.parquet", columns)
    found = repository.store()
    found.apply([DRIVER, view("short", 4), view("shorter", 3), view("endless", None)])
    found.materialize_incremental(repository.clock())
    return found


def held(store, name):
    table = store.refresh().view(name).table
    return store.stores.online.count(table)


def new_row(repository, instants, name="short", age=-3, rows=1):
    """Write rows into the source that are newer than noon by so many hours."""
    ids, ts = [90 + n for n in range(rows)], instants(*[age] * rows)
    repository.rows(f"{name}.parquet", {"driver_id": ids, "ts": ts, name: ids})


def test_rows_past_their_ttl_are_removed_and_no_others(store, repository):
    repository.clock.advance(hours=2)
    report = store.sweep()
    before = [repository.clock() - hours * HOUR for hours in (4, 3)]
    assert report.store == "sqlite"
    assert report.views == (
        SweptView("endless", "no ttl"),
        SweptView("short", "swept", 1, before[0]),
        SweptView("shorter", "swept", 2, before[1]),
    )
    assert report.rows == 3
    assert [held(store, name) for name in ("short", "shorter", "endless")] == [2, 1, 3]
    response = store.get_online_features(["short"], {"driver_id": [1, 2, 3]})
    served = response.to_dict(include_statuses=True)
    assert served["short"] == [1, 2, None]
    assert served["short__status"] == ["PRESENT", "PRESENT", "NOT_FOUND"]
    assert store.sweep().rows == 0


def test_some_views_and_some_rows_of_all_of_them_together(store, repository):
    repository.clock.advance(hours=9)
    assert store.sweep(["shorter"], most=2).views[0].rows == 2
    assert store.sweep(most=0).rows == 0
    report = asyncio.run(store.sweep_async(["short", "shorter"], most=3))
    assert [swept.rows for swept in report.views] == [3, 0]
    assert asyncio.run(store.sweep_async(["short", "shorter"], most=3)).rows == 1


def test_the_ttl_that_counts_is_the_one_that_is_registered(store, repository):
    """No row knows of the ttl under which it was written, and no old catalog counts."""
    repository.clock.advance(hours=3)
    other = repository.store()
    other.apply([DRIVER, view("short", 6)])
    assert store.sweep(["short"]).rows == 0
    other.apply([DRIVER, view("short", None)])
    assert store.sweep(["short"]).views == (SweptView("short", "no ttl"),)
    other.apply([DRIVER, view("short", 4)])
    assert store.sweep(["short"]).rows == 2


def test_a_ttl_that_grows_during_a_large_sweep_keeps_the_rest(store, repository, monkeypatch):
    monkeypatch.setattr("provender.sweeping._PORTION", 1)
    repository.clock.advance(hours=3)

    def grown(call, args):
        removed = call(*args)
        repository.store().apply([DRIVER, view("short", 6)])
        return removed

    slow = FaultyStores({"online": {"sweep": [grown]}}).around(repository.store())
    assert slow.sweep(["short"]).rows == 1
    assert held(store, "short") == 2


def test_a_run_sweeps_at_most_as_many_rows_as_it_has_written(store, repository, instants):
    repository.clock.advance(hours=3)
    new_row(repository, instants)
    store.materialize_incremental(repository.clock())
    assert held(store, "short") == 3, "one row came and one of two old ones went"
    assert held(store, "shorter") == 3, "a run that writes nothing removes nothing"
    new_row(repository, instants, rows=5)
    store.materialize_incremental(repository.clock())
    assert held(store, "short") == 6
    assert held(store, "endless") == 3


def test_a_run_to_an_earlier_end_removes_nothing_that_it_writes(store, repository, instants):
    """Run again, it would write the rows once more."""
    end = repository.clock()
    new_row(repository, instants, age=0, rows=2)
    repository.clock.advance(hours=9)
    reports = [store.materialize_incremental(end, ["short"])[0].rows for _ in range(2)]
    assert reports == [2, 0]
    assert held(store, "short") == 5
    assert store.sweep(["short"]).rows == 5


def test_a_run_sweeps_under_the_ttl_that_is_registered_by_then(store, repository, instants):
    def grown(call, args):
        call(*args)
        repository.store().apply([DRIVER, view("short", 12)])

    repository.clock.advance(hours=3)
    new_row(repository, instants)
    slow = FaultyStores({"online": {"write": [grown]}}).around(repository.store())
    slow.materialize_incremental(repository.clock(), ["short"])
    assert held(store, "short") == 4


def test_a_sweep_that_fails_does_not_fail_the_run(store, repository, instants, caplog):
    repository.clock.advance(hours=3)
    new_row(repository, instants)
    broken = FaultyStores({"online": {"sweep": [raises()]}}).around(repository.store())
    with caplog.at_level(logging.WARNING, "provender"):
        (report,) = broken.materialize_incremental(repository.clock(), ["short"])
    assert (report.rows, report.error) == (1, None)
    assert "old rows of feature view 'short' were not removed" in caplog.text
    assert held(store, "short") == 4
    assert broken.sweep(["short"]).rows == 2


@pytest.mark.parametrize(
    ("claims", "outcome"), [({"expiry"}, "expires"), (set(), "cannot")], ids=["expiry", "neither"]
)
def test_a_store_that_does_not_sweep_is_not_asked_to(
    store, repository, instants, monkeypatch, claims, outcome
):
    repository.clock.advance(hours=3)
    new_row(repository, instants)
    store_type = Plugins.store_type

    def claiming(plugins, role):
        kind = store_type(plugins, role)
        return replace(kind, capabilities=frozenset(claims)) if role == "online" else kind

    monkeypatch.setattr(Plugins, "store_type", claiming)
    asked = FaultyStores({"online": {"sweep": [raises()] * 9}}).around(repository.store())
    report = asked.sweep(["endless", "short"])
    assert [swept.outcome for swept in report.views] == ["no ttl", outcome]
    asked.materialize_incremental(repository.clock())
    assert held(store, "short") == 4
    assert not [call for call in asked.stores.online.calls if call.method == "sweep"]


def test_a_store_that_fails_can_be_swept_again(store, repository):
    repository.clock.advance(hours=9)
    script = {"online": {"sweep": [None, raises()]}}
    broken = FaultyStores(script).around(repository.store())
    with pytest.raises(StoreError):
        broken.sweep()
    assert broken.sweep().rows == 3


def test_what_does_not_fit_removes_nothing(store, repository):
    repository.clock.advance(hours=9)
    with pytest.raises(NotFound, match="no feature view 'shrt'"):
        store.sweep(["short", "shrt"])
    with pytest.raises(RequestError, match="most is negative"):
        store.sweep(most=-1)
    with pytest.raises(RequestError, match="short"):
        store.sweep("short")
    pinned = FeatureStore(repository.path, clock=repository.clock, version=1)
    with pinned, pytest.raises(RequestError, match="an earlier version of the catalog is read-on"):
        pinned.sweep()
    assert held(store, "short") == 3


def test_other_projects_and_earlier_generations_are_left_alone(store, repository):
    table = store.refresh().view("short").table
    row = (b"k", to_us(repository.clock()) - 10**12, 0, b"")
    others = [replace(table, generation=1), replace(table, project="other")]
    for other in others:
        store.stores.online.write(other, [row])
    repository.clock.advance(hours=9)
    assert store.sweep(["short"]).rows == 3
    assert [store.stores.online.count(other) for other in others] == [1, 1]
