"""On-demand features that are computed when rows are written, and stored online with them."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from airport_views import AIRPORT, ASKED, TRAFFIC, WEATHER
from provender import FeatureView, Field, OnDemandFeatureView, PushSource
from provender.errors import DefinitionError, MaterializeError, TransformError
from provender.types import Float64, String

OUT = [Field("twice", Float64), Field("label", String)]
CALLS = []


def doubled(inputs):
    CALLS.append(len(inputs["wind"]))
    winds, airports = inputs["wind"], inputs["airport"]
    return {
        "twice": [None if wind is None else 2 * wind for wind in winds],
        "label": [f"at {airport}" for airport in airports],
    }


def tripled(inputs):
    known = [None if wind is None else 3 * wind for wind in inputs["wind"]]
    return {"twice": known, "label": [None] * len(known)}


def stored(function=doubled, schema=OUT, **more):
    return OnDemandFeatureView(
        "stored",
        sources=[WEATHER],
        schema=schema,
        function=function,
        mode="python",
        write_to_online_store=True,
        **more,
    )


@pytest.fixture
def store(loaded, clock):
    loaded.apply(stored())
    loaded.materialize_incremental(clock())
    CALLS.clear()
    return loaded


ROWS = {"airport": ["JFK", "LGA", "BOS"]}


def read(store, features=("stored", "weather:rain"), **options):
    return store.get_online_features(list(features), ROWS).to_dict(**options)


def test_a_read_computes_nothing(store):
    found = read(store, include_statuses=True)
    assert found["twice"] == [3.0, None, None]
    assert found["label"] == ["at JFK", "at LGA", None]
    assert found["twice__status"] == ["PRESENT", "NULL_VALUE", "NOT_FOUND"]
    assert not CALLS
    assert store.prepare(["stored"]).read_now(ROWS).to_dict()["label"] == found["label"]
    assert list(read(store, ["stored:label", "weather:rain"])) == ["airport", "label", "rain"]


def test_they_have_the_timestamp_of_their_row(store, clock):
    found = read(store, include_event_timestamps=True)
    assert found["twice__ts"] == [clock() - timedelta(hours=3), clock() - timedelta(hours=2), None]


def test_training_rows_have_the_same(store, both):
    assert both(["stored"], {"airport": ["JFK", "LGA"]})["twice"] == [3.0, None]
    assert CALLS, "they are computed from the rows of each instant"


def test_what_was_applied_later_is_missing_until_the_next_run(loaded, clock):
    plan = loaded.plan(stored())
    assert [one.view for one in loaded.estimate_fill(plan)] == ["weather"]
    loaded.apply(plan)
    assert read(loaded, include_statuses=True)["twice__status"] == ["NOT_FOUND"] * 3
    (report,) = loaded.materialize_incremental(clock(), ["weather"])
    assert report.rows == 2
    assert read(loaded)["twice"] == [3.0, None, None]


def test_apply_can_fill_them_first(loaded):
    loaded.apply(stored(), fill=True)
    assert read(loaded)["twice"] == [3.0, None, None]


def test_another_function_replaces_what_was_stored(store, clock):
    changed = stored(tripled)
    (change,) = store.plan(changed).changes
    assert change.impact == "needs backfill"
    store.apply(changed)
    assert read(store, include_statuses=True)["twice__status"] == ["NOT_FOUND"] * 3
    store.materialize_incremental(clock())
    assert read(store)["twice"] == [4.5, None, None]
    store.rollback(2, fill=True)
    assert read(store)["twice"] == [3.0, None, None]


def test_a_removed_view_leaves_the_rows_of_its_source(store, clock):
    store.apply([AIRPORT, WEATHER, TRAFFIC], partial=False)
    assert read(store, ["weather:wind"])["wind"] == [1.5, None, None]
    store.materialize_incremental(clock())
    assert read(store, ["weather:wind"])["wind"] == [1.5, None, None]


def test_rebuild_and_repair_compute_them(store, clock, repository, instants):
    airports = {"airport": ["JFK", "LGA"], "ts": instants(3, 2)}
    rows = {**airports, "wind": [5.0, 6.0], "rain": pa.array([1, None])}
    repository.rows("weather.parquet", rows)
    store.repair([{"airport": "JFK"}], ["weather"])
    assert read(store)["twice"] == [10.0, None, None]
    store.rebuild(["weather"])
    assert read(store)["twice"] == [10.0, 12.0, None]


def test_a_push_computes_them(loaded, repository, clock):
    source = PushSource("pushed", WEATHER.source)
    view = FeatureView("weather", source=source, entities=[AIRPORT], schema=WEATHER.schema)
    loaded.apply([view, stored()])
    loaded.materialize_incremental(clock())
    row = {"airport": "BOS", "ts": clock(), "wind": 7.0, "rain": 3}
    loaded.push("pushed", [row], to="both")
    assert read(loaded)["twice"] == [3.0, None, 14.0]


def fails(inputs):
    return {"twice": [1 / wind for wind in inputs["wind"]], "label": ["x"] * len(inputs["wind"])}


@pytest.mark.filterwarnings("ignore::provender.errors.TransformWarning")
def test_a_function_that_fails_loses_nothing(loaded, repository, clock):
    source = PushSource("pushed", WEATHER.source)
    view = FeatureView("weather", source=source, entities=[AIRPORT], schema=WEATHER.schema)
    loaded.apply([view, stored(fails)])
    with pytest.raises(MaterializeError, match=r"'stored', row \d: its function failed"):
        loaded.materialize_incremental(clock())
    row = {"airport": "BOS", "ts": clock(), "wind": 0.0, "rain": 3}
    with pytest.raises(TransformError, match="ZeroDivisionError"):
        loaded.push("pushed", [row], to="both")
    assert loaded.get_view_rows("weather").to_arrow().num_rows == 2
    assert read(loaded, ["weather:wind"])["wind"] == [1.5, None, None]
    loaded.apply(stored(fails, on_error="null"))
    loaded.materialize_incremental(clock())
    assert read(loaded)["label"] == ["x", None, None]


@pytest.mark.parametrize(
    "sources",
    [
        [WEATHER, TRAFFIC],
        [WEATHER, ASKED],
        [ASKED],
        [WEATHER.with_join_key_map({"airport": "origin"})],
    ],
    ids=["two", "request", "only request", "another key"],
)
def test_what_no_single_row_decides_is_refused(sources):
    with pytest.raises(DefinitionError, match="cannot be stored online"):
        OnDemandFeatureView(
            "v", sources=sources, schema=OUT, function=doubled, mode="python",
            write_to_online_store=True,
        )  # fmt: skip
