"""What the online store holds: the tables that serve, those that wait, and the last run of each."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from provender import Entity, FeatureStore, FeatureView, FileSource
from provender.definitions import PushSource
from provender.errors import NotFound, RequestError, StoreError
from provender.plugin import OnlineTable
from provender.tables.preparing import Preparing
from provender.testing.faults import raises
from provender.testing.faults.plugin import FaultyStores

DRIVER = Entity("driver", join_keys=["driver_id"])
HOUR = timedelta(hours=1)


def view(name, **more):
    source = FileSource(f"{name}.parquet", timestamp_field="ts")
    return FeatureView(name, source=source, entities=[DRIVER], **more)


@pytest.fixture
def files(repository, instants):
    for name in ("stats", "plain", "offline_only"):
        columns = {"driver_id": [1, 2, 3], "ts": instants(9, 2, 1), f"{name}_value": [1, 2, 3]}
        repository.rows(f"{name}.parquet", columns)
    return repository


@pytest.fixture
def store(files):
    found = files.store()
    views = [view("stats", ttl=10 * HOUR), view("plain"), view("offline_only", online=False)]
    found.apply([DRIVER, *views])
    found.materialize_incremental(files.clock())
    return found


def test_each_online_view_has_its_rows_and_their_age(store, files):
    noon = files.clock()
    files.clock.advance(hours=2)
    plain, stats = store.online_figures()
    assert (plain.view, plain.generation, plain.waiting) == ("plain", 0, False)
    assert (plain.store, plain.table) == ("sqlite", "test.plain.0")
    assert (plain.rows, plain.expired, plain.expired_share) == (3, 0, 0.0)
    assert (stats.rows, stats.expired) == (3, 1)
    assert stats.expired_share == pytest.approx(1 / 3)
    assert (stats.oldest, stats.newest) == (noon - 9 * HOUR, noon - HOUR)
    assert stats.bytes > 3 * 16
    assert stats.estimated == frozenset()


def test_rows_expire_as_time_passes(store, files):
    files.clock.advance(hours=1)  # a row that is exactly as old as the ttl is still served
    assert [one.expired for one in store.online_figures(["stats"])] == [0]
    files.clock.advance(microseconds=1)
    assert [one.expired for one in store.online_figures(["stats"])] == [1]
    assert [one.expired for one in store.online_figures(["plain"])] == [0]


def test_the_last_run_and_the_event_up_to_which_it_loaded(store, files):
    ended = files.clock()
    (stats,) = store.online_figures(["stats"])
    assert (stats.last_run, stats.loaded_until) == (ended, ended)
    files.clock.advance(hours=2)
    assert [one.last_run for one in store.online_figures(["stats"])] == [ended]
    store.materialize_incremental(ended + HOUR)
    (stats,) = store.online_figures(["stats"])
    assert (stats.last_run, stats.loaded_until) == (files.clock(), ended + HOUR)


def test_a_view_that_was_never_loaded_has_no_rows(store):
    store.apply(
        [
            DRIVER,
            view("plain"),
            FeatureView("fresh", source=view("stats").source, entities=[DRIVER]),
        ]
    )
    (fresh,) = store.online_figures(["fresh"])
    assert (fresh.rows, fresh.expired_share, fresh.oldest) == (0, 0.0, None)
    assert (fresh.last_run, fresh.loaded_until) == (None, None)


def test_a_push_is_no_run(repository, instants, clock):
    columns = {"driver_id": [1], "ts": instants(2), "value": [1]}
    repository.rows("pushed/first.parquet", columns)
    batch = FileSource("pushed", timestamp_field="ts")
    pushed = FeatureView("pushed", source=PushSource("pushes", batch), entities=[DRIVER])
    store = repository.store()
    store.apply([DRIVER, pushed])
    store.materialize_incremental(clock())
    until = clock()
    clock.advance(hours=1)
    store.push("pushes", [{"driver_id": 2, "ts": clock(), "value": 2}], to="both")
    (found,) = store.online_figures()
    assert (found.rows, found.last_run, found.loaded_until) == (2, None, until)
    store.materialize_incremental(clock())
    (found,) = store.online_figures()
    assert (found.last_run, found.loaded_until) == (clock(), clock())


def test_tables_that_wait_to_be_dropped_are_shown(store, files):
    broken = FaultyStores({"online": {"drop": [None, raises()]}}).around(files.store())
    with pytest.raises(StoreError):
        broken.apply([DRIVER, view("plain")], partial=False, allow_data_loss=True)
    plain, stats = store.online_figures()
    assert (plain.view, plain.waiting) == ("plain", False)
    assert (stats.view, stats.generation, stats.waiting, stats.rows) == ("stats", 0, True, 3)
    assert (stats.expired, stats.last_run) == (None, None)
    assert [one.view for one in store.online_figures(["stats"])] == ["stats"]
    assert [one.view for one in store.online_figures(["plain"])] == ["plain"]
    store.apply([DRIVER, view("plain")], partial=False)
    assert [one.view for one in store.online_figures()] == ["plain"]


def test_a_generation_that_is_noted_as_prepared_is_shown_after_the_one_that_serves(store, files):
    later = OnlineTable("test", "stats", None, 4)
    store.stores.online.write(later, [(b"k", 1, 1, b"v")])
    preparing = Preparing("test", store.stores.registry, files.clock)
    with preparing.noted([later, OnlineTable("test", "stats", None, 0)]):
        found = store.online_figures(["stats"])
    assert [(one.generation, one.waiting, one.rows) for one in found] == [
        (0, False, 3),
        (4, True, 1),
    ]


def test_names_that_do_not_fit_are_refused(store):
    with pytest.raises(NotFound, match="no feature view 'stat'"):
        store.online_figures(["stat"])
    with pytest.raises(RequestError, match="not online holds no online rows"):
        store.online_figures(["offline_only"])
    with pytest.raises(RequestError, match="stats"):
        store.online_figures("stats")


def test_the_twin_and_an_earlier_version_give_the_same(store, files):
    assert asyncio.run(store.online_figures_async(["stats"])) == store.online_figures(["stats"])
    with FeatureStore(files.path, clock=files.clock, version=1) as pinned:
        assert pinned.online_figures() == store.online_figures()


def test_a_store_that_fails_says_so(files, store):
    broken = FaultyStores({"online": {"figures": [raises()]}}).around(files.store())
    with pytest.raises(StoreError):
        broken.online_figures()
