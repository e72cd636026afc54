"""Feature services: the contract of a model, served by name, online and offline."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from provender import Entity, FeatureService, FeatureView, Field, FileSource
from provender.errors import Conflict, DefinitionError, NotFound, RequestError
from provender.types import Float64, Int64, String

AIRPORT = Entity("airport", value_type=String)
WIND, RAIN = Field("wind", Float64), Field("rain", Int64)


def weather(name="weather", **more):
    options = {"schema": [WIND, RAIN], "ttl": timedelta(days=1)} | more
    source = FileSource("weather.parquet", timestamp_field="ts")
    return FeatureView(name, source=source, entities=[AIRPORT], **options)


WEATHER = weather()


@pytest.fixture
def store(repository, instants):
    columns = {"airport": ["JFK", "LGA"], "ts": instants(3, 2), "wind": [1.5, 2.5]}
    repository.rows("weather.parquet", {**columns, "rain": [1, 2]})
    return repository.store()


@pytest.fixture
def loaded(store, clock):
    store.apply([AIRPORT, WEATHER])
    store.materialize_incremental(clock())
    return store


def both(store, features, clock, rows, **options):
    """Return what is served and what is joined; they must be the same."""
    online = store.get_online_features(features, rows, **options).to_dict()
    spine = pa.table({**rows, "event_timestamp": [clock()] * len(next(iter(rows.values())))})
    joined = store.get_historical_features(spine, features, **options).to_arrow().to_pydict()
    joined.pop("event_timestamp")
    assert joined == online
    return online


def test_a_whole_view(loaded, clock):
    service = FeatureService("model", features=[WEATHER])
    loaded.apply(service)
    rows = {"airport": ["LGA"]}
    assert both(loaded, service, clock, rows) == {"airport": ["LGA"], "wind": [2.5], "rain": [2]}
    registered = loaded.get_feature_service("model")
    assert registered == service
    assert both(loaded, registered, clock, rows, full_feature_names=True) == {
        "airport": ["LGA"],
        "weather__wind": [2.5],
        "weather__rain": [2],
    }


def test_a_service_by_its_name(loaded, clock):
    loaded.apply(FeatureService("model", features=[WEATHER]))
    rows = {"airport": ["LGA"]}
    assert both(loaded, "model", clock, rows) == {"airport": ["LGA"], "wind": [2.5], "rain": [2]}
    with pytest.raises(RequestError, match="the name of a feature service"):
        loaded.prepare("")
    with pytest.raises(NotFound, match="did you mean 'model'"):
        loaded.prepare("modal")


def test_a_prepared_read_of_a_service_follows_it(loaded):
    loaded.apply(FeatureService("model", features=[WEATHER]))
    by_name, by_definition = map(loaded.prepare, ["model", loaded.get_feature_service("model")])
    loaded.apply(FeatureService("model", features=[WEATHER[["rain"]]]))
    rows = {"airport": ["LGA"]}
    assert by_name.read(rows).to_dict() == {"airport": ["LGA"], "rain": [2]}
    with pytest.raises(RequestError, match="registered with another definition"):
        by_definition.read(rows)


def test_some_features_in_their_order(loaded, clock):
    service = FeatureService("model", features=[WEATHER[["rain", "wind"]]])
    loaded.apply(service)
    answer = both(loaded, service, clock, {"airport": ["LGA"]})
    assert list(answer) == ["airport", "rain", "wind"]


def test_parts_of_one_view_under_one_name_are_one(loaded, clock):
    service = FeatureService("model", features=[WEATHER[["rain"]], WEATHER[["wind", "rain"]]])
    loaded.apply(service)
    assert list(both(loaded, service, clock, {"airport": ["LGA"]})) == ["airport", "rain", "wind"]


def test_one_view_twice_by_two_columns(loaded, clock):
    service = FeatureService(
        "trip",
        features=[
            WEATHER[["wind"]].with_name("there").with_join_key_map({"airport": "dest"}),
            WEATHER.with_join_key_map({"airport": "origin"})[["wind"]].with_name("here"),
        ],
    )
    loaded.apply(service)
    rows = {"origin": ["JFK", "LGA"], "dest": ["LGA", "XXX"]}
    assert both(loaded, service, clock, rows, full_feature_names=True) == {
        **rows,
        "there__wind": [2.5, None],
        "here__wind": [1.5, 2.5],
    }
    with pytest.raises(RequestError, match="two columns of the result would be named 'wind'") as e:
        loaded.get_online_features(service, rows)
    assert e.value.problems[0].got == "here:wind, there:wind"
    with pytest.raises(RequestError, match="'wind'"):
        loaded.get_historical_features(
            pa.table({**rows, "event_timestamp": [clock()] * 2}), service
        )


def test_a_feature_named_like_a_mapped_key_is_refused(store, repository, instants, clock):
    columns = {"airport": ["JFK"], "ts": instants(3), "origin": ["x"]}
    repository.rows("weather.parquet", columns)
    view = weather(schema=[Field("origin", String)])
    service = FeatureService("trip", [view.with_join_key_map({"airport": "origin"})])
    store.apply([AIRPORT, view, service])
    with pytest.raises(RequestError, match="would be named 'origin'"):
        store.get_online_features(service, {"origin": ["JFK"]})


def test_a_new_feature_reaches_a_service_with_its_next_apply(loaded, clock, repository, instants):
    service = FeatureService("model", [WEATHER])
    loaded.apply(service)
    columns = {"airport": ["JFK", "LGA"], "ts": instants(3, 2), "wind": [1.5, 2.5], "fog": [7, 8]}
    repository.rows("weather.parquet", {**columns, "rain": [1, 2]})
    loaded.apply(weather(schema=[WIND, RAIN, Field("fog", Int64)]))
    loaded.materialize_incremental(clock())
    rows = {"airport": ["LGA"]}
    assert list(both(loaded, service, clock, rows)) == ["airport", "wind", "rain"]
    plan = loaded.plan([service])
    ((field,),) = (change.fields for change in plan.changes)
    assert (field.path, field.impact) == ("given.weather.fog", "compatible")
    loaded.apply(plan)
    assert both(loaded, service, clock, rows)["fog"] == [8]


@pytest.mark.parametrize("schema", [[WIND], [WIND, Field("rain", Float64)]], ids=["gone", "type"])
def test_a_view_cannot_break_a_service_that_stays(loaded, schema):
    service = FeatureService("model", [WEATHER])
    loaded.apply(service)
    with pytest.raises(DefinitionError, match="'model' is given weather:rain of type Int64"):
        loaded.apply(weather(schema=schema))
    plan = loaded.plan([weather(schema=schema), service])
    (model,) = (change for change in plan.changes if change.kind == "feature service")
    assert model.impact == "breaking"
    loaded.apply(plan)


@pytest.mark.parametrize(
    ("service", "fact"),
    [
        (FeatureService("m", [weather("wether")]), "no feature view 'wether'"),
        (FeatureService("m", [WEATHER[["wind", "ran"]]]), "no feature 'ran'"),
        (
            FeatureService("m", [WEATHER.with_join_key_map({"port": "x"})]),
            "join_key_map names 'port'",
        ),
    ],
    ids=["view", "feature", "key"],
)
def test_what_a_service_names_must_be_there(loaded, service, fact):
    with pytest.raises(DefinitionError, match=fact) as caught:
        loaded.apply(service)
    assert "test_services.py:" in caught.value.problems[0].place
    assert loaded.list_feature_services() == []


def test_problems_of_definitions():
    with pytest.raises(DefinitionError, match="has no features"):
        FeatureService("m", [])
    with pytest.raises(DefinitionError, match="of the wrong type"):
        FeatureService("m", ["weather"])
    with pytest.raises(DefinitionError, match="two different parts named 'weather'"):
        FeatureService("m", [WEATHER, WEATHER.with_join_key_map({"airport": "dest"})])
    with pytest.raises(DefinitionError, match="not a list of distinct"):
        WEATHER[["wind", "wind"]]
    with pytest.raises(DefinitionError, match="no valid name"):
        WEATHER.with_name("a b")


def test_a_service_must_be_registered_as_it_is_given(loaded):
    with pytest.raises(NotFound, match="no feature service 'model'"):
        loaded.get_online_features(FeatureService("model", [WEATHER]), {"airport": ["LGA"]})
    loaded.apply(FeatureService("model", [WEATHER]))
    with pytest.raises(RequestError, match="registered with another definition"):
        loaded.get_online_features(
            FeatureService("model", [WEATHER[["wind"]]]), {"airport": ["LGA"]}
        )


@pytest.mark.parametrize(
    ("after", "impact", "path"),
    [
        (FeatureService("m", [WEATHER], description="new"), "metadata", "description"),
        (FeatureService("m", [WEATHER, weather("more")]), "compatible", "given.more"),
        (FeatureService("m", [WEATHER[["wind"]]]), "breaking", "given.weather.rain"),
        (FeatureService("m", [WEATHER[["rain", "wind"]]]), "breaking", "given.weather"),
        (FeatureService("m", [weather("more")]), "breaking", "given.weather"),
        (
            FeatureService("m", [WEATHER.with_join_key_map({"airport": "dest"})]),
            "breaking",
            "features.weather.join_key_map.airport",
        ),
    ],
    ids=["label", "part more", "feature less", "order", "part less", "key"],
)
def test_changes_are_classified(loaded, after, impact, path):
    loaded.apply([weather("more"), FeatureService("m", [WEATHER])])
    (change,) = loaded.plan([after]).changes
    assert change.kind == "feature service"
    assert {field.path: field.impact for field in change.fields}[path] == impact


def test_services_are_versioned_and_removed_like_the_rest(loaded):
    loaded.apply(FeatureService("model", [WEATHER]))
    plan = loaded.plan([AIRPORT, WEATHER], partial=False)
    assert [(c.action, c.kind, c.impact) for c in plan.changes] == [
        ("remove", "feature service", "breaking")
    ]
    loaded.apply(plan)
    assert loaded.list_feature_services() == []
    loaded.rollback(2)
    assert [service.name for service in loaded.list_feature_services()] == ["model"]


def test_a_service_on_a_view_that_somebody_else_removes(loaded, repository):
    other = repository.store()
    plan = loaded.plan([FeatureService("model", [WEATHER])])
    other.apply([AIRPORT], partial=False, allow_data_loss=True)
    with pytest.raises(Conflict, match="feature view 'weather'"):
        loaded.apply(plan)
