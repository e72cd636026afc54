"""Materialization loses nothing, goes never backwards, and does nothing twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import MaterializeError, NotFound, RequestError
from provender.types import Float64, Int64

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)


def stats(*, ttl=None, created=None, schema=(("rating", Float64),), path="stats"):
    source = FileSource(path, timestamp_field="ts", created_timestamp_column=created)
    fields = [Field(name, kind) for name, kind in schema]
    return FeatureView("stats", source=source, entities=[DRIVER], schema=fields, ttl=ttl)


def online(store, *drivers, feature="rating"):
    found = store.get_online_features([f"stats:{feature}"], {"driver_id": list(drivers)})
    return found.to_dict()[feature]


@pytest.fixture
def write(repository, instants):
    def rows(file, *values, **more):
        ids, hours, ratings = zip(*values, strict=True)
        columns = {"driver_id": pa.array(ids, pa.int64()), "ts": instants(*hours)}
        repository.rows(f"stats/{file}.parquet", columns | {"rating": ratings} | more)

    return rows


def test_the_newest_row_of_each_key_is_served(repository, write):
    write("a", (1, 9, 0.9), (1, 2, 0.2), (2, 5, 0.5), (1, 4, 0.4))
    store = repository.store()
    store.apply([DRIVER, stats()])
    (report,) = store.materialize_incremental(repository.clock())
    assert report.rows == 2
    assert online(store, 2, 1, 3) == [0.5, 0.2, None]


def test_a_second_run_moves_only_what_is_new(repository, write):
    write("a", (1, 9, 0.9), (2, 5, 0.5))
    store = repository.store()
    store.apply([DRIVER, stats()])
    store.materialize_incremental(repository.clock())
    (again,) = store.materialize_incremental(repository.clock())
    assert again.rows == 0
    repository.clock.advance(hours=2)
    write("b", (2, -1, 0.1))
    (report,) = store.materialize_incremental(repository.clock())
    assert report.rows == 1
    assert online(store, 1, 2) == [0.9, 0.1]


def test_a_row_at_the_very_instant_of_the_last_run_is_not_lost(repository, write):
    write("a", (1, 0, 0.5))
    store = repository.store()
    store.apply([DRIVER, stats()])
    store.materialize_incremental(repository.clock())
    write("b", (2, 0, 0.7))
    store.materialize_incremental(repository.clock())
    assert online(store, 1, 2) == [0.5, 0.7]


def test_late_rows_are_found_by_their_created_timestamp(repository, write, instants):
    write("a", (1, 9, 0.9), created=instants(8))
    store = repository.store()
    store.apply([DRIVER, stats(created="created")])
    store.materialize_incremental(repository.clock())
    write("late", (2, 20, 0.2), created=instants(-1))
    repository.clock.advance(hours=2)
    store.materialize_incremental(repository.clock())
    assert online(store, 1, 2) == [0.9, 0.2]


def test_late_rows_are_found_after_a_first_run_that_saw_nothing(repository, write, instants):
    write("a", (1, -50, 0.9), created=instants(8))
    store = repository.store()
    store.apply([DRIVER, stats(created="created")])
    store.materialize_incremental(repository.clock())
    write("late", (2, 20, 0.2), created=instants(7))
    store.materialize_incremental(repository.clock())
    assert online(store, 2) == [0.2]


def test_ranges_moved_by_hand_do_not_hide_late_rows_of_others(repository, write, instants):
    write("a", (1, 30, 0.3), (2, 3, 0.2), created=instants(29, 2))
    store = repository.store()
    store.apply([DRIVER, stats(created="created", ttl=timedelta(hours=48))])
    noon = repository.clock()
    store.materialize(noon - timedelta(hours=48), noon - timedelta(hours=24))
    write("late", (3, 30, 0.5), created=instants(20))
    store.materialize(noon - timedelta(hours=24), noon)
    store.materialize_incremental(noon)
    assert online(store, 1, 2, 3) == [0.3, 0.2, 0.5]


def test_what_lies_before_a_range_moved_by_hand_is_not_lost(repository, write):
    write("a", (1, 30, 0.3), (2, 3, 0.2))
    store = repository.store()
    store.apply([DRIVER, stats()])
    noon = repository.clock()
    store.materialize(noon - timedelta(hours=12), noon)
    assert online(store, 1, 2) == [None, 0.2]
    store.materialize_incremental(noon)
    assert online(store, 1, 2) == [0.3, 0.2]


def test_lookback_finds_late_rows_without_a_created_timestamp(repository, write):
    repository.configure(materialization={"lookback": "12h"})
    write("a", (1, 9, 0.9))
    store = repository.store()
    store.apply([DRIVER, stats()])
    store.materialize_incremental(repository.clock())
    write("late", (2, 6, 0.6))
    store.materialize_incremental(repository.clock())
    assert online(store, 2) == [0.6]


def test_an_older_row_never_replaces_a_newer_one(repository, write):
    write("a", (1, 1, 0.1), (1, 20, 0.9))
    store = repository.store()
    store.apply([DRIVER, stats()])
    noon = repository.clock()
    store.materialize(noon - timedelta(hours=5), noon)
    store.materialize(noon - timedelta(hours=30), noon - timedelta(hours=10))
    assert online(store, 1) == [0.1]


def test_a_row_created_at_an_unknown_time_gives_way_to_any_other(repository, write, instants):
    write("a", (1, 2, 0.1), created=instants(None))
    store = repository.store()
    store.apply([DRIVER, stats(created="created")])
    store.materialize_incremental(repository.clock())
    assert online(store, 1) == [0.1]
    write("b", (1, 2, 0.2), created=instants(datetime(1960, 1, 1, tzinfo=UTC)))
    store.materialize_incremental(repository.clock())
    assert online(store, 1) == [0.2], "as a point-in-time join has it"


def test_a_feature_added_later_is_back_filled(repository, write):
    write("a", (1, 9, 0.9), trips=[7])
    store = repository.store()
    store.apply([DRIVER, stats()])
    store.materialize_incremental(repository.clock())
    store.apply([DRIVER, stats(schema=[("rating", Float64), ("trips", Int64)])])
    assert online(store, 1) == [0.9], "the old rows go on being served"
    response = store.get_online_features(["stats:trips"], {"driver_id": [1]})
    assert response.to_dict(include_statuses=True)["trips__status"] == ["NOT_FOUND"]
    store.materialize_incremental(repository.clock())
    assert online(store, 1, feature="trips") == [7]


def test_a_row_too_old_is_said_to_be_so(repository, write):
    write("a", (1, 2, 0.9))
    store = repository.store()
    store.apply([DRIVER, stats(ttl=timedelta(hours=3))])
    store.materialize_incremental(repository.clock())

    def status():
        response = store.get_online_features(["stats:rating"], {"driver_id": [1]})
        found = response.to_dict(include_statuses=True, include_event_timestamps=True)
        return found["rating"], found["rating__status"]

    assert status() == ([0.9], ["PRESENT"])
    repository.clock.advance(hours=1)
    assert status() == ([0.9], ["PRESENT"]), "the last instant of its life is included"
    repository.clock.advance(microseconds=1)
    assert status() == ([None], ["OUTSIDE_MAX_AGE"])


def test_a_longer_ttl_makes_older_rows_be_moved(repository, write):
    write("a", (1, 20, 0.9))
    store = repository.store()
    store.apply([DRIVER, stats(ttl=timedelta(hours=3))])
    store.materialize_incremental(repository.clock())
    assert online(store, 1) == [None]
    store.apply([DRIVER, stats(ttl=timedelta(hours=30))])
    store.materialize_incremental(repository.clock())
    assert online(store, 1) == [0.9]


def test_an_end_in_the_future_means_now(repository, write):
    write("a", (1, -5, 0.9))
    store = repository.store()
    store.apply([DRIVER, stats()])
    (report,) = store.materialize_incremental(repository.clock() + timedelta(days=9))
    assert report.end == repository.clock()
    assert online(store, 1) == [None]
    repository.clock.advance(hours=6)
    store.materialize_incremental(repository.clock())
    assert online(store, 1) == [0.9]


def test_views_fail_by_themselves_and_a_rerun_completes(repository, write):
    write("a", (1, 2, 0.9))
    repository.rows("other.parquet", {"driver_id": [1], "ts": [repository.clock()], "x": [1]})
    other = FeatureView(
        "other", source=FileSource("other.parquet", timestamp_field="ts"), entities=[DRIVER]
    )
    store = repository.store()
    store.apply([DRIVER, stats(), other])
    (repository.path / "other.parquet").rename(repository.path / "away")
    with pytest.raises(MaterializeError, match="1 of 2 feature views") as caught:
        store.materialize_incremental(repository.clock())
    assert "other: no Parquet file" in str(caught.value)
    assert online(store, 1) == [0.9]
    (repository.path / "away").rename(repository.path / "other.parquet")
    reports = {r.view: r.rows for r in store.materialize_incremental(repository.clock())}
    assert reports["other"] == 1


def test_what_cannot_be_moved_is_refused(repository, write):
    write("a", (1, 2, 0.9))
    store = repository.store()
    store.apply([DRIVER, stats()])
    noon = repository.clock()
    with pytest.raises(RequestError, match="nothing between the start and the end"):
        store.materialize(noon, noon - timedelta(hours=1))
    with pytest.raises(NotFound, match="did you mean 'stats'"):
        store.materialize_incremental(noon, ["stat"])
    with pytest.raises(RequestError, match="not a timestamp"):
        store.materialize_incremental("yesterday-ish")


def test_the_observer_hears_of_every_row(repository, write):
    write("a", (1, 2, 0.9), (2, 3, 0.8), (3, 4, 0.7))
    repository.configure(materialization={"batch_rows": 2})
    heard = []

    class Observer:
        def run_begins(self, views, start, end, store):
            heard.append(("run", tuple(views), store))

        def view_begins(self, view, start, end, rows):
            heard.append(("view", view, start))

        def rows_written(self, view, count):
            heard.append(("rows", count))

        def view_ends(self, report):
            heard.append(("end", report.rows))

    store = repository.store()
    store.apply([DRIVER, stats()])
    store.materialize_incremental(repository.clock(), observer=Observer())
    begin, view, *moved, end = heard
    assert begin == ("run", ("stats",), "sqlite")
    assert view == ("view", "stats", None)
    assert sum(count for _, count in moved) == 3
    assert all(count <= 2 for _, count in moved), "memory is bounded by the batch"
    assert end == ("end", 3)
