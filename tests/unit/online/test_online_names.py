"""No column of an online answer takes the place of another: of two with one name, none is given."""

from __future__ import annotations

import asyncio

import pyarrow as pa
import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.client.online_features import OnlineFeatures
from provender.errors import RequestError
from provender.server.online.arrow import entity_columns, online_arrow
from provender.types import Int64
from provender.wire.answers import Metadata, OnlineAnswer, Vector
from provender.wire.arrow_stream import write_stream

USER = Entity(name="user", join_keys=["user"])
CITY = Entity(name="x", join_keys=["x"])
ROWS = [{"user": 1, "x": 7}]
ROW_CLASH = "feature 'stats:x' and a column of the entity rows are both 'x'"


@pytest.fixture
def store(repository, instants):
    columns = {"user": [1], "x": [5], "x__status": [6], "x__ts": [8], "ts": instants(1)}
    repository.rows("stats.parquet", columns)
    repository.rows("cities.parquet", {"x": [7], "size": [9], "ts": instants(1)})
    fields = [Field(name, Int64) for name in ("x", "x__status", "x__ts")]
    stats = FileSource("stats.parquet", timestamp_field="ts")
    cities = FileSource("cities.parquet", timestamp_field="ts")
    found = repository.store()
    found.apply(
        [
            USER,
            CITY,
            FeatureView("stats", source=stats, entities=[USER], schema=fields),
            FeatureView("cities", source=cities, entities=[CITY], schema=[Field("size", Int64)]),
        ]
    )
    found.materialize_incremental(repository.clock())
    return found


def by_call(store, rows):
    return store.get_online_features(["stats:x"], rows)


def by_task(store, rows):
    return asyncio.run(store.get_online_features_async(["stats:x"], rows))


def prepared(store, rows):
    return store.prepare(["stats:x"]).read(rows)


def at_once(store, rows):
    return store.prepare(["stats:x"]).read_now(rows)


def prepared_task(store, rows):
    return asyncio.run(store.prepare(["stats:x"]).read_async(rows))


@pytest.mark.parametrize("read", [by_call, by_task, prepared, at_once, prepared_task])
@pytest.mark.parametrize("rows", [ROWS, {"user": [1], "x": [7]}, {"user": [], "x": []}])
def test_a_column_of_the_entity_rows_is_not_replaced_by_a_feature(store, read, rows):
    with pytest.raises(RequestError) as told:
        read(store, rows)
    assert told.value.problems[0].fact == ROW_CLASH
    assert told.value.problems[0].fix == "pass full_feature_names=True, or rename the column"


def test_full_names_are_the_way_out_until_they_clash_too(store):
    full = store.prepare(["stats:x"], full_feature_names=True)
    assert full.read(ROWS).to_dict() == {"user": [1], "x": [7], "stats__x": [5]}
    with pytest.raises(RequestError) as told:
        full.read([{"user": 1, "stats__x": 7}])
    assert told.value.problems[0].fix == "rename the column"


def test_a_join_key_of_another_view_is_refused_when_the_read_is_compiled(store):
    with pytest.raises(RequestError, match="two columns of the result would be named 'x'") as told:
        store.prepare(["stats:x", "cities:size"])
    assert told.value.problems[0].got == "cities:x (join key), stats:x"


@pytest.mark.parametrize(
    ("features", "wanted", "name"),
    [
        (["stats:x", "stats:x__status"], {"include_statuses": True}, "x__status"),
        (["stats:x", "stats:x__ts"], {"include_event_timestamps": True}, "x__ts"),
    ],
)
def test_a_column_that_tells_of_a_feature_does_not_replace_one(store, features, wanted, name):
    response = store.get_online_features(features, [{"user": 1}])
    assert list(response.to_dict()) == ["user", *(f.partition(":")[2] for f in features)]
    with pytest.raises(RequestError, match=f"would be named '{name}'") as told:
        response.to_dict(**wanted)
    assert "request it separately" in told.value.problems[0].fix
    with pytest.raises(RequestError, match=f"would be named '{name}'"):
        online_arrow(response, with_metadata=True)
    assert online_arrow(response, with_metadata=False)


def test_a_column_that_tells_of_a_feature_does_not_replace_one_of_the_entity_rows(store):
    response = store.get_online_features(["stats:x"], [{"user": 1, "x__ts": 7}])
    assert response.to_dict(include_statuses=True)["x__ts"] == [7]
    with pytest.raises(RequestError, match="would be named 'x__ts'") as told:
        response.to_dict(include_event_timestamps=True)
    assert told.value.problems[0].got == "a column of the entity rows"


def test_entity_rows_in_arrow_have_each_column_once():
    table = pa.table([pa.array([1]), pa.array([2])], names=["user", "user"])
    with pytest.raises(RequestError, match="the entity rows have two columns of the same name"):
        entity_columns(write_stream(table), 10)


def test_the_client_gives_no_half_of_an_answer_with_a_name_that_stands_twice():
    vector = Vector([1], ["PRESENT"], ["1970-01-01T00:00:00Z"])
    with pytest.raises(RequestError, match="two columns of the response have the same name"):
        OnlineFeatures(OnlineAnswer(Metadata(["x", "x"]), [vector, vector]))
