"""Rows that are pushed: in every shape, to every place, the newest of a key first."""

from __future__ import annotations

import asyncio
import threading
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from provender import FeatureStore, PushMode
from provender.errors import NotFound, RequestError

SHAPES = {
    "dicts": lambda rows: rows,
    "tuple of dicts": tuple,
    "columns": lambda rows: {name: [row[name] for row in rows] for name in rows[0]},
    "numpy columns": lambda rows: {
        name: np.array([row[name] for row in rows], object) for name in rows[0]
    },
    "frame": pd.DataFrame,
    "frame with another index": lambda rows: pd.DataFrame(rows, index=[7] * len(rows)),
    "table": pa.Table.from_pylist,
    "chunks": lambda rows: pa.concat_tables(
        [pa.Table.from_pylist(rows[:2]), pa.Table.from_pylist(rows[2:])]
    ),
    "batch": pa.RecordBatch.from_pylist,
    "arrays": lambda rows: dict(
        zip(rows[0], pa.RecordBatch.from_pylist(rows).columns, strict=True)
    ),
}


@pytest.fixture
def rows(pushing):
    return [pushing.row(1, 3, 1.5), pushing.row(2, 2, None, note=None), pushing.row(3, 1, 3.0)]


@pytest.mark.parametrize("shape", SHAPES)
def test_rows_of_every_shape(pushing, rows, shape):
    report = pushing.store.push("events", SHAPES[shape](rows), to="both")
    assert (report.rows, report.offline, report.online) == (3, ("stats",), ("notes", "speeds"))
    assert pushing.online() == {1: (1.5, "n"), 3: (3.0, "n")}
    assert pushing.joined(1, 2, 3, 4) == [1.5, None, 3.0, None]


@pytest.mark.parametrize("to", [*PushMode, *(mode.value for mode in PushMode)])
def test_where_rows_go(pushing, rows, to):
    pushing.store.push("events", rows, to=to)
    mode = PushMode(to)
    assert bool(pushing.online()) is (mode is not PushMode.OFFLINE)
    assert bool(pushing.offline()) is (mode is not PushMode.ONLINE)


def test_online_is_where_rows_go_by_themselves(pushing, rows):
    pushing.store.push("events", rows)
    assert pushing.online()
    assert not pushing.offline()


def test_a_place_that_there_is_not(pushing, rows):
    with pytest.raises(RequestError, match="rows cannot be pushed there") as caught:
        pushing.store.push("events", rows, to="onlin")
    assert caught.value.problems[0].fix == "did you mean 'online'?"


def test_the_newest_of_a_key_wins_in_one_push_and_between_pushes(pushing):
    one = [pushing.row(1, 2, 2.0), pushing.row(1, 1, 1.0), pushing.row(1, 3, 3.0)]
    pushing.store.push("events", one)
    assert pushing.online() == {1: (1.0, "n")}
    pushing.store.push("events", [pushing.row(1, 1.5, 1.5)])
    assert pushing.online() == {1: (1.0, "n")}, "it does not go back"
    pushing.store.push("events", [pushing.row(1, 0.5, 0.5)])
    assert pushing.online() == {1: (0.5, "n")}


def test_of_one_instant_the_one_created_last_wins(pushing):
    known = [pushing.row(1, 1, 5.0, made=1), pushing.row(1, 1, 7.0, made=0.5)]
    unknown = pushing.row(1, 1, 9.0) | {"made": None}
    pushing.store.push("events", [known[1], known[0], unknown])
    assert pushing.online() == {1: (7.0, "n")}


def test_naive_timestamps_mean_utc(pushing):
    naive = pushing.ago(1).replace(tzinfo=None)
    row = {"id": 1, "ts": naive, "made": naive, "speed": 1.0, "note": "n"}
    for shape in (SHAPES["dicts"], SHAPES["frame"], SHAPES["table"]):
        pushing.store.push("events", shape([row]), to="both")
    response = pushing.store.get_online_features(["speeds:speed"], {"driver_id": [1]})
    (at,) = response.to_dict(include_event_timestamps=True)["speed__ts"]
    assert at == pushing.ago(1)
    assert {row["ts"] for row in pushing.offline()} == {pushing.ago(1)}


def test_whole_numbers_that_pandas_made_floats_beside_nulls(pushing):
    frame = pd.DataFrame([pushing.row(1, 1, 1.0), pushing.row(2, 1, 2.0)])
    frame["other"] = [2.0, float("nan")]
    frame["id"] = frame["id"].astype("float64")
    pushing.store.push("events", frame, to="both")
    assert pushing.online() == {1: (1.0, "n"), 2: (2.0, "n")}
    assert [row["other"] for row in pushing.offline()] == [2, None]


def test_nan_is_a_value_and_null_is_none(pushing):
    rows = [pushing.row(1, 1, float("nan")), pushing.row(2, 1, None)]
    pushing.store.push("events", rows)
    names = ["speeds:speed"]
    got = pushing.store.get_online_features(names, {"driver_id": [1, 2]}).to_dict()["speed"]
    assert np.isnan(got[0])
    assert got[1] is None


def test_columns_that_no_view_reads(pushing):
    row = pushing.row(1, 1, 1.0)
    pushing.store.push("events", [row | {"other": 7}, row], to="both")
    assert [found["other"] for found in pushing.offline()] == [7, None]
    pushing.store.push("events", [row], to="offline")
    assert [found["other"] for found in pushing.offline()].count(None) == 2


def test_no_rows_are_no_mistake(pushing):
    for nothing in ([], {}, {"id": []}, pd.DataFrame(), pa.table({"id": pa.array([])})):
        assert pushing.store.push("events", nothing, to="both").rows == 0
    assert not pushing.offline()


def test_many_rows_are_written_in_batches(repository, make_pushing):
    repository.configure(materialization={"batch_rows": 10})
    pushing = make_pushing()
    store = pushing.faulty({})
    store.push("events", [pushing.row(n, 1, float(n)) for n in range(25)])
    writes = [call for call in store.stores.online.calls if call.method == "write"]
    assert [len(call.args[1]) for call in writes] == [10, 10, 5] * 2
    assert pushing.online([0, 9, 10, 24]) == {n: (float(n), "n") for n in (0, 9, 10, 24)}


def test_views_that_are_not_online_are_left_out(make_pushing):
    pushing = make_pushing(online=False)
    report = pushing.store.push("events", [pushing.row(1, 1, 1.0)])
    assert report.online == ("notes",)
    with pytest.raises(RequestError, match="no view of the push source is online"):
        pushing.store.write_to_online_store("speeds", [pushing.row(1, 1, 1.0)])


def test_one_view_is_written_by_itself(pushing):
    row = pushing.row(1, 1, 1.0)
    del row["note"]
    assert pushing.store.write_to_online_store("speeds", [row]).online == ("speeds",)
    assert pushing.online() == {1: (1.0, None)}
    assert pushing.store.write_to_offline_store("speeds", [row]).offline == ("stats",)
    (found,) = pushing.offline()
    assert (found["speed"], found["note"]) == (1.0, None)


def test_a_push_source_that_there_is_not(pushing, rows):
    with pytest.raises(NotFound, match="'event'") as caught:
        pushing.store.push("event", rows)
    assert caught.value.problems[0].fix == "did you mean 'events'?"
    with pytest.raises(NotFound):
        pushing.store.write_to_online_store("nothing", rows)


def test_nothing_is_pushed_as_of_an_earlier_version(pushing, rows):
    pinned = FeatureStore(pushing.repository.path, clock=pushing.clock, version=1)
    for write in (pinned.push, pinned.write_to_online_store, pinned.write_to_offline_store):
        with pytest.raises(RequestError, match="an earlier version of the catalog is read-only"):
            write("events", rows)
    pinned.close()
    assert not pushing.online()


def test_a_push_follows_the_definitions_unless_an_older_catalog_is_allowed(pushing, rows):
    other = pushing.repository.store()
    assert other.catalog.version == 1
    pushing.store.apply(pushing.views(), partial=True)
    views = pushing.views()
    gone = [view for view in views if view.name == "notes"]
    pushing.store.apply([*pushing.store.list_entities(), *gone], partial=False)
    assert other.push("events", rows, allow_registry_cache=True).online == ("notes", "speeds")
    assert other.push("events", rows).online == ("notes",)


def test_the_async_twins_do_not_block_the_loop(pushing, rows):
    """Each call waits for the loop to go on, which a loop that is blocked cannot do."""
    entered, let_go = threading.Event(), threading.Event()

    def wait(call, args):
        entered.set()
        assert let_go.wait(60)
        return call(*args)

    script = {"online": {"prepare": [wait, None, wait]}, "offline": {"append": [wait]}}

    async def both_at_once(store):
        for work in (
            store.push_async("events", rows),
            store.write_to_online_store_async("speeds", rows),
            store.write_to_offline_store_async("speeds", rows),
        ):
            entered.clear()
            let_go.clear()
            task = asyncio.ensure_future(work)
            async with asyncio.timeout(60):
                while not entered.is_set():
                    await asyncio.sleep(0)
            let_go.set()
            assert (await task).rows == 3

    asyncio.run(both_at_once(pushing.faulty(script)))
    assert pushing.online() == {1: (1.5, "n"), 3: (3.0, "n")}
    assert len(pushing.offline()) == 3


@pytest.mark.integration
def test_pushes_of_many_threads_leave_the_newest(pushing):
    def push(number):
        hours = [(number * 7 + step * 3) % 24 + 1 for step in range(6)]
        for hour in hours:
            pushing.store.push("events", [pushing.row(1, hour, float(hour))], to="both")

    threads = [threading.Thread(target=push, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    newest = min(row["speed"] for row in pushing.offline())
    assert len(pushing.offline()) == 24
    assert pushing.online() == {1: (newest, "n")}


def test_a_row_of_the_far_past_and_of_the_future(pushing):
    past, future = datetime(1815, 6, 18), datetime(2999, 1, 1)
    row = {"made": None, "speed": 1.0, "note": "n"}
    rows = [{"id": 1, "ts": past, **row}, {"id": 2, "ts": future, **row}]
    pushing.store.push("events", rows, to="both")
    assert pushing.online() == {1: (1.0, "n"), 2: (1.0, "n")}


def test_missing_features_of_pandas_are_null_and_nan_is_a_number(pushing):
    rows = [
        pushing.row(1, 3, pd.NA, note=float("nan")),
        pushing.row(2, 3, float("nan"), note=pd.NA),
    ]
    pushing.store.push("events", rows, to="both")
    names = ["speeds:speed", "notes:note"]
    found = pushing.store.get_online_features(names, {"driver_id": [1, 2]}).to_dict()
    assert found["note"] == [None, None]
    assert found["speed"][0] is None
    assert np.isnan(found["speed"][1])
