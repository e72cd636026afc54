"""A run that finds nothing new writes nothing, and late rows are found all the same."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.types import Float64

DRIVER = Entity(name="driver", join_keys=["driver_id"])
MANY = 500


@pytest.fixture
def run(repository):
    """Run a materialization and return how many rows it wrote."""

    def incremental():
        (report,) = repository.store().materialize_incremental(repository.clock())
        return report.rows

    return incremental


def apply(repository, *, created=True, ttl=None):
    source = FileSource(
        "stats",
        timestamp_field="ts",
        created_timestamp_column="created" if created else None,
        name="stats",
    )
    schema = [Field("rating", Float64)]
    view = FeatureView("stats", source=source, entities=[DRIVER], ttl=ttl, schema=schema)
    repository.store().apply([DRIVER, view])


@pytest.fixture
def write(repository, instants):
    def rows(file, drivers, hours, created):
        count = len(drivers)
        columns = {"driver_id": list(drivers), "ts": instants(*[hours] * count)}
        columns["created"] = instants(*[created] * count)
        ratings = [float(driver) for driver in drivers]
        repository.rows(f"stats/{file}.parquet", columns | {"rating": ratings})

    return rows


def online(repository, *drivers):
    rows = {"driver_id": list(drivers)}
    return repository.store().get_online_features(["stats:rating"], rows).to_dict()["rating"]


@pytest.mark.parametrize("created", [True, False], ids=["created", "no created"])
@pytest.mark.parametrize("lookback", ["0h", "48h"])
@pytest.mark.parametrize("hours", [0, 9], ids=["of the last instant", "older"])
def test_rows_of_one_instant_are_written_once(repository, write, run, created, lookback, hours):
    repository.configure(materialization={"lookback": lookback})
    write("a", range(MANY), hours, 8)
    apply(repository, created=created)
    assert [run(), run()] == [MANY, 0]
    repository.clock.advance(hours=1)
    assert run() == 0


def test_late_rows_of_the_boundary_instant_are_found_and_only_they_are_written(
    repository, write, run
):
    write("a", range(MANY), 9, 8)
    apply(repository)
    run()
    write("late", [MANY, MANY + 1], 20, 8)  # created at the very instant that was seen last
    assert [run(), run()] == [2, 0]
    assert online(repository, 0, MANY) == [0.0, float(MANY)]


def test_a_corrected_row_of_the_boundary_instant_is_written(repository, write, run):
    write("a", range(3), 9, 8)
    apply(repository)
    run()
    write("corrected", [1], 9, 8)
    repository.rows("stats/a.parquet", _with_rating(repository, 5.5))
    assert [run(), run()] == [3, 0]
    assert online(repository, 0, 1, 2) == [5.5] * 3


def _with_rating(repository, rating):
    import pyarrow.parquet as pq

    columns = pq.read_table(repository.path / "stats/a.parquet").to_pydict()
    return columns | {"rating": [rating] * len(columns["rating"])}


def test_rows_that_never_say_when_they_were_created_are_written_once(
    repository, write, run, instants
):
    repository.rows(
        "stats/a.parquet",
        {
            "driver_id": [1, 2],
            "ts": instants(9, 8),
            "created": [instants(7)[0], None],
            "rating": [0.1, 0.2],
        },
    )
    apply(repository)
    assert [run(), run()] == [2, 0]


def test_rows_beyond_the_ttl_are_of_no_use_however_late_they_come(repository, write, run):
    write("a", range(4), 2, 2)
    apply(repository, ttl=timedelta(hours=3))
    assert [run(), run()] == [4, 0]
    repository.clock.advance(hours=5)
    assert run() == 0, "they are too old by now; a store may have dropped them"
    write("late", [9], 3, -4)
    assert run() == 0
    apply(repository, ttl=timedelta(hours=48))
    assert [run(), run()] == [5, 0], "a longer ttl lets them in, and expiry is written anew"
    assert online(repository, 0, 9) == [0.0, 9.0]


def test_a_ttl_that_grows_by_less_than_the_time_between_two_runs_moves_everything(
    repository, write, run
):
    """A store may have dropped rows under the shorter one, and keeps the others for that long."""
    write("a", range(4), 2, 2)
    apply(repository, ttl=timedelta(hours=12))
    assert run() == 4
    repository.clock.advance(hours=11)
    assert repository.store().sweep().rows == 4
    apply(repository, ttl=timedelta(hours=14))
    assert [run(), run()] == [4, 0]
    assert online(repository, 0, 3) == [0.0, 3.0]


def test_a_run_under_a_shorter_ttl_does_not_count_under_a_longer_one(repository, write, run):
    write("a", range(4), 2, 2)
    apply(repository, ttl=timedelta(hours=12))
    run()
    apply(repository, ttl=timedelta(hours=10))
    assert run() == 0, "a shorter one needs nothing anew"
    apply(repository, ttl=timedelta(hours=12))
    assert [run(), run()] == [4, 0]


def test_what_was_lost_online_is_moved_again_by_hand(repository, write, run):
    write("a", range(4), 9, 8)
    apply(repository)
    run()
    store, noon = repository.store(), repository.clock()
    table = store.refresh().view("stats").table
    store.stores.online.drop([table])
    (report,) = store.materialize(noon - timedelta(hours=12), noon)
    assert (report.rows, report.read) == (4, 4)
    assert online(repository, 0, 3) == [0.0, 3.0]


def test_a_row_that_came_too_late_is_moved_when_the_ttl_grows(repository, write, run):
    write("a", range(4), 1, 1)
    apply(repository, ttl=timedelta(hours=3))
    run()
    repository.clock.advance(hours=5)
    write("late", [9], 1, -4)
    write("new", [10], -4, -5)
    assert run() == 1, "the late one is of no use by now"
    apply(repository, ttl=timedelta(hours=7))
    run()
    assert online(repository, 0, 9, 10) == [0.0, 9.0, 10.0]
