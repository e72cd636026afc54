"""How a request names features: references, views, parts of views, alone or in a list."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pyarrow as pa
import pytest

from provender import (
    Entity,
    FeatureService,
    FeatureView,
    Field,
    FileSource,
    OnDemandFeatureView,
)
from provender.client import calls
from provender.errors import NotFound, RequestError
from provender.types import Float64, Int64, String

AIRPORT = Entity("airport", value_type=String)
WEATHER = FeatureView(
    "weather",
    source=FileSource("weather.parquet", timestamp_field="ts"),
    entities=[AIRPORT],
    schema=[Field("wind", Float64), Field("rain", Int64)],
    ttl=timedelta(days=1),
)


def doubled(columns):
    return {"twice": [wind and 2 * wind for wind in columns["wind"]]}


TWICE = OnDemandFeatureView(
    "twice_wind",
    sources=[WEATHER[["wind"]]],
    schema=[Field("twice", Float64)],
    function=doubled,
    mode="python",
)
MODEL = FeatureService("model", [WEATHER[["rain"]]])


@pytest.fixture
def store(repository, instants, clock):
    columns = {"airport": ["JFK", "LGA"], "ts": instants(3, 2), "wind": [1.5, 2.5]}
    repository.rows("weather.parquet", {**columns, "rain": [1, 2]})
    found = repository.store()
    found.apply([AIRPORT, WEATHER, TWICE, MODEL])
    found.materialize_incremental(clock())
    return found


def given(store, features, rows, now, **options):
    """Return the features of every read, which must be the same."""
    found = store.get_online_features(features, rows, **options).to_dict()
    prepared = store.prepare(features, **options).read(rows).to_dict()
    later = asyncio.run(store.get_online_features_async(features, rows, **options)).to_dict()
    asyncio.run(store.close_async())
    spine = pa.table({**rows, "event_timestamp": [now]})
    joined = store.get_historical_features(spine, features, **options).to_dict()
    joined.pop("event_timestamp")
    assert found == prepared == later == joined
    return {name: values for name, values in found.items() if name not in rows}


@pytest.mark.parametrize(
    ("features", "found"),
    [
        ("weather:wind", {"wind": [2.5]}),
        ("weather", {"wind": [2.5], "rain": [2]}),
        ("model", {"rain": [2]}),
        (WEATHER, {"wind": [2.5], "rain": [2]}),
        (WEATHER[["rain"]], {"rain": [2]}),
        (TWICE, {"twice": [5.0]}),
        ("twice_wind", {"twice": [5.0]}),
        ([WEATHER, TWICE], {"wind": [2.5], "rain": [2], "twice": [5.0]}),
        ([WEATHER[["rain"]], "weather:wind"], {"rain": [2], "wind": [2.5]}),
        ((TWICE[["twice"]], "weather:rain"), {"twice": [5.0], "rain": [2]}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_way_to_name_features(store, clock, features, found):
    assert given(store, features, {"airport": ["LGA"]}, clock()) == found


def test_a_part_has_its_alias_and_its_keys(store, clock):
    origin = WEATHER[["wind"]].with_name("origin").with_join_key_map({"airport": "from"})
    rows = {"airport": ["JFK"], "from": ["LGA"]}
    found = given(store, [WEATHER[["wind"]], origin], rows, clock(), full_feature_names=True)
    assert found == {"weather__wind": [1.5], "origin__wind": [2.5]}
    assert given(store, origin, {"from": ["LGA"]}, clock()) == {"wind": [2.5]}


def test_an_iterator_is_read_once_by_a_prepared_read(store):
    reader = store.prepare(one for one in ["weather:rain"])
    store.apply(Entity("other"))
    store.refresh()
    assert reader.read({"airport": ["LGA"]}).to_dict()["rain"] == [2]


def test_what_was_requested_as_parts_is_recorded(store, clock):
    origin = WEATHER.with_name("origin").with_join_key_map({"airport": "from"})
    spine = pa.table({"from": ["LGA"], "event_timestamp": [clock()]})
    job = store.get_historical_features(spine, origin, full_feature_names=True)
    store.create_saved_dataset(job, "kept", "kept.parquet")
    kept = store.get_saved_dataset("kept")
    assert kept.request.features == (origin,)
    with pytest.warns(match="rebuilt as now"):
        assert kept.rebuild().to_arrow() == kept.to_arrow()


@pytest.mark.parametrize(
    ("features", "fact"),
    [
        ([WEATHER, WEATHER.with_join_key_map({"airport": "from"})], "two different parts"),
        (WEATHER.with_join_key_map({"port": "from"}), "'port', which is not a join key"),
        ([MODEL], "references, views or a service"),
        (b"weather:wind", "references, views or a service"),
        ({"weather:wind": 1}, "references, views or a service"),
        (FeatureView, "references, views or a service"),
        ([AIRPORT], "references, views or a service"),
        ([None], "references, views or a service"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_names_no_features(store, features, fact):
    with pytest.raises(RequestError, match=fact):
        store.get_online_features(features, {"airport": ["LGA"]})


def test_what_is_not_registered(store):
    other = FeatureView("other", source=WEATHER.source, entities=[AIRPORT])
    for features in (other, [other], "other:wind"):
        with pytest.raises(NotFound, match="no feature view 'other'"):
            store.prepare(features)
    with pytest.raises(NotFound, match="no feature service or feature view 'modle'") as caught:
        store.prepare("modle")
    assert "did you mean 'model'?" in str(caught.value)


def test_a_client_asks_for_the_same():
    def asked(features):
        return calls.online(features, {"airport": ["LGA"]}, full=False).body

    assert asked(WEATHER) == asked(["weather"])
    assert asked("weather:wind") == asked(WEATHER[["wind"]]) == asked(["weather:wind"])
    assert asked(MODEL) == asked("model")
    with pytest.raises(RequestError, match="cannot rename a view or map its join keys"):
        asked(WEATHER.with_name("origin"))
    with pytest.raises(RequestError, match="no features are requested"):
        asked(None)
