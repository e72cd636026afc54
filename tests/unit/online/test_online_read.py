"""Online reads: rows in their order, a status for every value, keys of their type."""

from __future__ import annotations

import asyncio
import threading
import uuid
from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import NotFound, RequestError, StoreError
from provender.online.keys import KeyCodec
from provender.types import Bool, Bytes, Date, Float64, Int32, Int64, String, UnixTimestamp, Uuid

DRIVER = Entity(name="driver", join_keys=["driver_id"])
CITY = Entity(name="city", join_keys=["city_id"])


@pytest.fixture
def store(repository, instants):
    repository.rows(
        "stats.parquet",
        {"driver_id": [1, 2, 3], "ts": instants(3, 2, 1), "rating": [0.1, None, 0.3]},
    )
    repository.rows(
        "trips.parquet",
        {
            "driver_id": [1, 12, 1],
            "city_id": [23, 3, 3],
            "ts": instants(3, 2, 1),
            "trips": [5, 6, 7],
        },
    )
    repository.rows("world.parquet", {"ts": instants(5, 4), "mood": ["bad", "good"]})
    stats = FileSource("stats.parquet", timestamp_field="ts")
    trips = FileSource("trips.parquet", timestamp_field="ts")
    found = repository.store()
    found.apply(
        [
            DRIVER,
            CITY,
            FeatureView(
                "stats", source=stats, entities=[DRIVER], schema=[Field("rating", Float64)]
            ),
            FeatureView("trips", source=trips, entities=[DRIVER, CITY]),
            FeatureView("world", source=FileSource("world.parquet", timestamp_field="ts")),
        ]
    )
    found.materialize_incremental(repository.clock())
    return found


def test_rows_keep_their_order_and_their_doubles(store):
    rows = [{"driver_id": i} for i in (3, 1, 9, 3)]
    found = store.get_online_features(["stats:rating"], rows)
    assert found.to_dict() == {"driver_id": [3, 1, 9, 3], "rating": [0.3, 0.1, None, 0.3]}


def test_statuses_and_timestamps_come_on_request(store):
    response = store.get_online_features(["stats:rating"], {"driver_id": [1, 2, 9, None]})
    found = response.to_dict(include_statuses=True, include_event_timestamps=True)
    assert found["rating__status"] == ["PRESENT", "NULL_VALUE", "NOT_FOUND", "NOT_FOUND"]
    assert found["rating__ts"] == [
        datetime(2026, 3, 1, 9, tzinfo=UTC),
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        None,
        None,
    ]


def test_composite_keys_do_not_collide_and_several_views_answer_together(store):
    rows = [{"driver_id": 1, "city_id": 23}, {"city_id": 3, "driver_id": 12}]
    found = store.get_online_features(["trips:trips", "stats", "world:mood"], rows).to_dict()
    assert found["trips"] == [5, 6]
    assert found["rating"] == [0.1, None]
    assert found["mood"] == ["good", "good"], "a view without entities describes the world"


def test_a_prepared_plan_serves_many_requests(store):
    reader = store.prepare(["stats:rating"], full_feature_names=True)
    assert reader.read([{"driver_id": 1}]).to_dict()["stats__rating"] == [0.1]
    assert reader.read({"driver_id": []}).to_dict() == {"driver_id": [], "stats__rating": []}
    assert reader.read([]).to_arrow().num_rows == 0


def test_a_prepared_plan_learns_of_features_that_were_added_meanwhile(store, repository, instants):
    reader = store.prepare(["stats:rating"])
    other = repository.store()
    repository.rows(
        "stats.parquet",
        {"driver_id": [1], "ts": instants(0), "rating": [0.9], "extra": ["new"]},
    )
    source = FileSource("stats.parquet", timestamp_field="ts")
    fields = [Field("rating", Float64), Field("extra", String)]
    other.apply(FeatureView("stats", source=source, entities=[DRIVER], schema=fields))
    other.materialize_incremental(repository.clock())
    assert reader.read([{"driver_id": 1}]).to_dict()["rating"] == [0.9]


@pytest.mark.parametrize(
    ("field", "column"),
    [
        pytest.param(Field("extra", String), ["new"], id="a new feature"),
        pytest.param(Field("rating", String), ["good"], id="a new type"),
    ],
)
def test_what_a_stored_row_does_not_hold_is_not_found(store, repository, instants, field, column):
    columns = {"driver_id": [1], "ts": instants(0), field.name: column}
    repository.rows("newer.parquet", columns)
    source = FileSource("newer.parquet", timestamp_field="ts")
    store.apply(FeatureView("stats", source=source, entities=[DRIVER], schema=[field]))
    response = store.get_online_features([f"stats:{field.name}"], {"driver_id": [1]})
    found = response.to_dict(include_statuses=True)
    assert found[field.name] == [None]
    assert found[f"{field.name}__status"] == ["NOT_FOUND"]


def test_a_response_becomes_a_frame_with_exact_integers(store):
    rows = {"driver_id": [1, 12, 9], "city_id": [23, 3, 9]}
    frame = store.get_online_features(["trips:trips"], rows).to_df()
    assert list(frame.columns) == ["driver_id", "city_id", "trips"]
    assert frame["trips"].tolist() == [5, 6, pd.NA]


def test_a_plan_is_safe_in_many_threads(store):
    reader = store.prepare(["stats:rating", "world:mood"])
    wrong = []

    def work():
        for _ in range(50):
            found = reader.read({"driver_id": [1, 3]}).to_dict()
            if found["rating"] != [0.1, 0.3] or found["mood"] != ["good", "good"]:
                wrong.append(found)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"driverid": 1}], "lack the join key 'driver_id'"),
        ([{"driver_id": "1"}], "entity key 'driver_id' is of the wrong type"),
        ([{"driver_id": 1.0}], "entity key 'driver_id' is of the wrong type"),
        ([{"driver_id": True}], "entity key 'driver_id' is of the wrong type"),
        ([{"driver_id": 2**63}], "entity key 'driver_id' is of the wrong type"),
        ([{"driver_id": 1}, {"driver_id": 2, "x": 1}], "do not all have the same columns"),
        ([{"driver_id": 1}, 7], "do not all have the same columns"),
        ({"driver_id": [1], "x": [1, 2]}, "different lengths"),
        ({"driver_id": 7}, "is not a sequence"),
        ("driver_id=1", "unsupported type"),
        (None, "unsupported type"),
    ],
)
def test_entity_rows_that_do_not_fit_are_refused(store, rows, message):
    with pytest.raises(RequestError, match=message):
        store.get_online_features(["stats:rating"], rows)


def test_unknown_features_are_named(store):
    with pytest.raises(NotFound, match="did you mean 'rating'"):
        store.get_online_features(["stats:ratings"], [{"driver_id": 1}])


def test_a_damaged_store_is_one_clear_error(store, repository):
    store.close()
    for file in repository.path.glob("online.db*"):
        file.unlink()
    (repository.path / "online.db").write_text("this is no database " * 100)
    with pytest.raises(StoreError, match="damaged or not an SQLite file"):
        repository.store().get_online_features(["stats:rating"], [{"driver_id": 1}])


KEYS = {
    Bool: st.booleans(),
    Int32: st.integers(-(2**31), 2**31 - 1),
    Int64: st.integers(-(2**63), 2**63 - 1),
    String: st.text(),
    Bytes: st.binary(),
    UnixTimestamp: st.datetimes(datetime(1700, 1, 1), timezones=st.just(UTC)),
    Date: st.dates(date(1700, 1, 1)),
    Uuid: st.uuids(),
}


@given(st.data())
def test_keys_are_equal_when_their_values_are(data):
    first, second = (data.draw(st.sampled_from(list(KEYS))) for _ in range(2))
    codec = KeyCodec([("b", second), ("a", first)])
    other = KeyCodec([("a", first), ("b", second)])
    rows = data.draw(st.lists(st.tuples(KEYS[first], KEYS[second]), min_size=1, max_size=5))
    columns = {"a": [a for a, _ in rows], "b": [b for _, b in rows]}
    keys = codec.encode_values(columns, len(rows))
    assert keys == other.encode_values(columns, len(rows))
    arrow = {
        "a": pa.array(columns["a"], first.arrow()),
        "b": pa.array(columns["b"], second.arrow()),
    }
    assert keys == codec.encode_columns(arrow, len(rows)), "materialize and read agree"
    for i, left in enumerate(rows):
        for j, right in enumerate(rows):
            assert (keys[i] == keys[j]) == (left == right)


def test_numpy_integers_and_uuid_text_are_accepted_as_keys():
    assert KeyCodec([("a", Int64)]).encode_values({"a": [np.int64(7)]}, 1) == KeyCodec(
        [("a", Int64)]
    ).encode_values({"a": [7]}, 1)
    one = uuid.uuid4()
    codec = KeyCodec([("a", Uuid)])
    assert codec.encode_values({"a": [str(one)]}, 1) == codec.encode_values({"a": [one]}, 1)


def test_keys_that_look_the_same_side_by_side_are_different():
    codec = KeyCodec([("a", String), ("b", String)])
    first, second = codec.encode_values({"a": ["a", "ab"], "b": ["bc", "c"]}, 2)
    assert first != second


@pytest.mark.parametrize(
    ("rows", "count"),
    [([{}], 1), ([{}, {}], 2), ({}, 1), (None, 1), ([], 0), ([{"driver_id": 7}], 1)],
)
def test_a_view_without_entities_needs_no_columns(store, rows, count):
    response = store.get_online_features(["world:mood"], rows)
    assert response.to_dict()["mood"] == ["good"] * count
    assert response.to_arrow().num_rows == count
    assert f"{count} row" in repr(response)


@pytest.mark.parametrize("rows", [[{}], {}])
def test_a_view_with_entities_needs_its_keys(store, rows):
    with pytest.raises(RequestError, match="lack the join key 'driver_id'"):
        store.get_online_features(["stats:rating", "world:mood"], rows)


MISSING = [
    *(None, float("nan"), pd.NA, pd.NaT, np.float64("nan"), np.float32("nan")),
    np.datetime64("NaT"),
]


@pytest.mark.parametrize("missing", MISSING, ids=repr)
@pytest.mark.parametrize("way", ["rows", "columns", "prepared", "now", "awaited", "frame"])
def test_what_pandas_writes_for_a_missing_key_is_null(store, missing, way):
    keys = [1, missing, 3]
    reader = store.prepare(["stats:rating"])
    read = {
        "rows": lambda: reader.read([{"driver_id": key} for key in keys]),
        "columns": lambda: store.get_online_features(["stats:rating"], {"driver_id": keys}),
        "prepared": lambda: reader.read({"driver_id": keys}),
        "now": lambda: reader.read_now({"driver_id": keys}),
        "awaited": lambda: asyncio.run(reader.read_async({"driver_id": keys})),
        "frame": lambda: reader.read({"driver_id": pd.Series(keys, dtype=object)}),
    }
    response = read[way]()
    expected = {"driver_id": [1, None, 3], "rating": [0.1, None, 0.3]}
    assert response.to_dict() == expected
    assert response.to_arrow().to_pydict() == expected


@pytest.mark.parametrize("missing", MISSING, ids=repr)
def test_a_missing_part_of_a_key_is_null(store, missing):
    rows = {"driver_id": [1, 1], "city_id": [23, missing]}
    response = store.get_online_features(["trips:trips", "stats:rating"], rows)
    assert response.to_dict()["trips"] == [5, None]
    assert response.to_dict()["rating"] == [0.1, 0.1]


@pytest.mark.parametrize("missing", MISSING, ids=repr)
@pytest.mark.parametrize("kind", [Bool, Bytes, Date, Int32, Int64, String, UnixTimestamp, Uuid])
def test_a_missing_key_of_every_type(kind, missing):
    codec = KeyCodec([("key", kind)])
    assert codec.encode_values({"key": [missing]}, 1) == [None]
