"""On-demand features: the same in training rows and online, in every mode."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from airport_views import ASKED, TRAFFIC, WEATHER
from provender import FeatureService, Field, OnDemandFeatureView, RequestSource
from provender import on_demand_feature_view as on_demand
from provender.errors import NotFound, RequestError, TransformError
from provender.types import Array, Float64, Int64, Map, String, Struct, UnixTimestamp

ROWS = {"airport": ["LGA", "JFK", "BOS", "JFK"], "limit": [10, 20, 30, None]}
OUTPUT = [Field("over", Int64), Field("gust", Float64)]


def frames(inputs):
    inputs["over"] = inputs["flights"] - inputs["limit"]
    inputs["gust"] = inputs["wind"] * 2
    return inputs


def lists(inputs):
    pairs = zip(inputs["flights"], inputs["limit"], strict=True)
    return {
        "over": [None if a is None or b is None else a - b for a, b in pairs],
        "gust": [None if wind is None else wind * 2 for wind in inputs["wind"]],
    }


def single_rows(row):
    known = row["flights"] is not None and row["limit"] is not None
    return {
        "over": row["flights"] - row["limit"] if known else None,
        "gust": None if row["wind"] is None else row["wind"] * 2,
    }


def tables(table):
    return pa.table(
        {
            "gust": pc.multiply(table["wind"], 2.0),
            "over": pc.subtract(table["flights"], table["limit"]),
        }
    )


WAYS = {
    "pandas": {"function": frames, "mode": "pandas"},
    "python": {"function": lists, "mode": "python"},
    "singleton": {"function": single_rows, "mode": "python", "singleton": True},
    "arrow": {"function": tables, "mode": "arrow"},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_mode_gives_the_same(loaded, both, way):
    sources = [WEATHER[["wind"]], TRAFFIC[["flights"]], ASKED]
    loaded.apply(OnDemandFeatureView("load", sources=sources, schema=OUTPUT, **WAYS[way]))
    assert both(["load"], ROWS) == {
        **ROWS,
        "over": [2**53 + 1 - 10, 20, None, None],
        "gust": [None, 3.0, None, 3.0],
    }


@pytest.fixture
def load(loaded):
    sources = [WEATHER[["wind"]], TRAFFIC[["flights"]], ASKED]
    view = OnDemandFeatureView("load", sources=sources, schema=OUTPUT, **WAYS["singleton"])
    loaded.apply(view)
    return view


def test_columns_come_in_the_order_of_the_request(load, both):
    features = ["load:gust", "weather:rain", "load:over", "traffic:flights"]
    found = both(features, ROWS)
    assert list(found) == ["airport", "limit", "gust", "over", "rain", "flights"]
    full = both(features, ROWS, full_feature_names=True)
    assert list(full)[2:] == ["load__gust", "load__over", "weather__rain", "traffic__flights"]


def test_what_only_the_function_needs_is_not_given(load, both, loaded, clock):
    rows = {"airport": ["JFK"], "limit": [1]}
    assert both(["load:over"], rows) == {**rows, "over": [39]}
    response = loaded.get_online_features(["load:over", "weather:rain"], rows)
    assert response.to_dict(include_statuses=True, include_event_timestamps=True) == {
        **rows,
        "over": [39],
        "over__status": ["PRESENT"],
        "over__ts": [None],
        "rain": [1],
        "rain__status": ["PRESENT"],
        "rain__ts": [clock() - timedelta(hours=3)],
    }


def test_statuses_tell_null_from_a_value(load, loaded):
    found = loaded.get_online_features(["load"], ROWS).to_dict(include_statuses=True)
    assert found["over__status"] == ["PRESENT", "PRESENT", "NULL_VALUE", "NULL_VALUE"]


def test_a_service_gives_them_by_name_and_in_part(load, loaded, both):
    service = FeatureService("model", [WEATHER[["rain"]], load[["over"]].with_name("renamed")])
    loaded.apply(service)
    rows = {"airport": ["JFK"], "limit": [1]}
    assert both("model", rows) == {**rows, "rain": [1], "over": [39]}
    full = both("model", rows, full_feature_names=True)
    assert full == {**rows, "weather__rain": [1], "renamed__over": [39]}


def test_prepared_and_asynchronous_reads(load, loaded):
    reader = loaded.prepare(["load"])
    assert repr(reader) == "<OnlineReader of load:over, load:gust by limit, airport>"
    assert {name: str(kind) for name, kind in reader.key_types.items()} == {
        "airport": "String",
        "limit": "Int64",
    }
    rows = [{"airport": "JFK", "limit": 1}]
    expected = {"airport": ["JFK"], "limit": [1], "over": [39], "gust": [3.0]}
    assert reader.read(rows).to_dict() == expected
    assert reader.read_now(rows) is None
    assert asyncio.run(reader.read_async(rows)).to_dict() == expected
    assert reader.read([]).to_dict() == {name: [] for name in expected}


def rain_of_both(row):
    return {"rain_of_both": f"{row['weather__rain']} {row['traffic__rain']} {row['airport']}"}


def test_features_of_one_name_are_named_in_full(loaded, both):
    fields = [Field("rain_of_both", String)]
    view = OnDemandFeatureView(
        "rains", sources=[WEATHER, TRAFFIC], schema=fields, function=rain_of_both,
        mode="python", singleton=True,
    )  # fmt: skip
    loaded.apply(view)
    rows = {"airport": ["JFK", "LGA"]}
    assert both(["rains"], rows)["rain_of_both"] == ["1 7 JFK", "None 8 LGA"]


def difference(row):
    known = row["origin__wind"] is not None and row["destination__wind"] is not None
    return {"difference": row["origin__wind"] - row["destination__wind"] if known else None}


def test_one_view_by_two_keys(loaded, both):
    ends = [
        WEATHER[["wind"]].with_name(name).with_join_key_map({"airport": name})
        for name in ("origin", "destination")
    ]
    fields = [Field("difference", Float64)]
    loaded.apply(
        OnDemandFeatureView(
            "route",
            sources=ends,
            schema=fields,
            function=difference,
            mode="python",
            singleton=True,
        )
    )
    rows = {"origin": ["JFK", "JFK"], "destination": ["JFK", "LGA"]}
    assert both(["route"], rows) == {**rows, "difference": [0.0, None]}
    with pytest.raises(RequestError, match="lack the join key 'destination'"):
        loaded.get_online_features(["route"], [{"origin": "JFK"}])


def doubled(inputs):
    return {"doubled": [None if v is None else 2 * v for v in inputs["limit"]]}


def test_a_view_of_request_data_alone(loaded, both):
    fields = [Field("doubled", Int64)]
    view = OnDemandFeatureView(
        "of_request", sources=[ASKED], schema=fields, function=doubled, mode="python"
    )
    loaded.apply(view)
    assert both(["of_request"], {"limit": [1, None]}) == {"limit": [1, None], "doubled": [2, None]}


NESTED = {
    "list": Array(Float64),
    "map": Map(String, Int64),
    "record": Struct({"a": Int64, "b": Array(String)}),
    "at": UnixTimestamp,
}
VALUES = RequestSource("values", schema=[Field(name, kind) for name, kind in NESTED.items()])


def handed_on(row):
    return {f"{name}_out": value for name, value in row.items()}


def later(row):
    return {"later": None if row["at"] is None else row["at"] + timedelta(days=1)}


def test_nested_values_are_exact(loaded, both):
    fields = [Field(f"{name}_out", kind) for name, kind in NESTED.items()]
    view = OnDemandFeatureView(
        "nested", sources=[VALUES], schema=fields, function=handed_on, mode="python", singleton=True
    )
    loaded.apply(view)
    rows = {
        "list": pa.array([[0.5, None], None], NESTED["list"].arrow()),
        "map": pa.array([[("x", 2**60)], []], NESTED["map"].arrow()),
        "record": pa.array([{"a": None, "b": ["y"]}, None], NESTED["record"].arrow()),
        "at": pa.array([1_700_000_000_000_001, None], NESTED["at"].arrow()),
    }
    plain = {name: column.to_pylist() for name, column in rows.items()}
    online = loaded.get_online_features(["nested"], plain).to_arrow()
    spine = pa.table({**rows, "event_timestamp": pa.array([0, 0], pa.timestamp("us", "UTC"))})
    joined = loaded.get_historical_features(spine, ["nested"]).to_arrow()
    for name, column in rows.items():
        assert online[f"{name}_out"].combine_chunks().equals(column)
        assert joined[f"{name}_out"].combine_chunks().equals(column)


def test_what_comes_with_a_request_is_checked(load, loaded):
    for rows, match in {
        "missing": ([{"airport": "JFK"}], "lack the column 'limit' of on-demand .* 'load'"),
        "type": ([{"airport": "JFK", "limit": 1}, {"airport": "JFK", "limit": "x"}], "row 1: 'x'"),
        "name": ([{"airport": "JFK", "limit": 1, "over": 1}], "named like feature load:over"),
    }.values():
        with pytest.raises(RequestError, match=match):
            loaded.get_online_features(["load"], rows)
    numpy = loaded.get_online_features(["load:over"], [{"airport": "JFK", "limit": np.int64(1)}])
    assert numpy.to_dict()["over"] == [39]


def test_entity_rows_are_checked_before_the_query(load, loaded, instants):
    rows = {"airport": ["JFK"], "event_timestamp": instants(0)}
    for more, match in (
        ({}, "lack the column 'limit'"),
        ({"limit": ["x"]}, "column 'limit' of the entity rows is not what view 'load' computes"),
        ({"limit": [1], "over": [1]}, "two columns|both"),
    ):
        with pytest.raises(RequestError, match=match):
            loaded.get_historical_features(pa.table({**rows, **more}), ["load"])


@on_demand(sources=[WEATHER[["rain"]], ASKED], schema=[Field("share", Float64)], mode="python")
def share(inputs):
    return {"share": [a / b for a, b in zip(inputs["rain"], inputs["limit"], strict=True)]}


@pytest.mark.filterwarnings("ignore::provender.errors.TransformWarning")
def test_a_failure_names_view_and_row(loaded, clock):
    loaded.apply(share)
    rows = {"airport": ["JFK"] * 9, "limit": [1, 2, 3, 4, 5, 6, 0, 8, 9]}
    match = "on-demand feature view 'share', row 6: its function failed\n  got: ZeroDivisionError"
    with pytest.raises(TransformError, match=match) as found:
        loaded.get_online_features(["share"], rows)
    assert "test_reading.py:" in str(found.value)
    job = loaded.get_historical_features(
        pa.table({**rows, "event_timestamp": [clock()] * 9}), ["share"]
    )
    with pytest.raises(TransformError, match=match):
        job.to_arrow()
    assert loaded.get_online_features(["weather:rain"], rows).to_dict()["rain"] == [1] * 9


def test_nulls_by_choice(loaded, both):
    view = OnDemandFeatureView(
        "share",
        sources=[WEATHER[["rain"]], ASKED],
        schema=[Field("share", Float64)],
        function=share.function.call,
        mode="python",
        on_error="null",
    )
    loaded.apply(view)
    rows = {"airport": ["JFK", "JFK", "LGA", "JFK"], "limit": [4, 0, 1, 2]}
    assert both(["share"], rows)["share"] == [0.25, None, None, 0.5]


def test_a_warehouse_cannot_write_them(load, loaded, clock, tmp_path):
    rows = pa.table({"airport": ["JFK"], "limit": [1], "event_timestamp": [clock()]})
    job = loaded.get_historical_features(rows, ["load"])
    assert repr(job).endswith("with over, gust; not read yet>")
    with pytest.raises(RequestError, match="cannot write on-demand features"):
        job.persist("table")
    assert job.to_parquet(tmp_path / "out.parquet") == 1
    assert "flights" in job.sql


def test_names_that_do_not_exist(load, loaded):
    with pytest.raises(NotFound, match="'load' has no feature 'ovr'") as found:
        loaded.prepare(["load:ovr"])
    assert "did you mean 'over'" in str(found.value)
