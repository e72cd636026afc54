"""Tags and owners: what lists and searches show of them, and by which they choose."""

from __future__ import annotations

import json

import pytest

from airport_views import ASKED
from provender import Entity, FeatureService, FeatureView, Field, FileSource, OnDemandFeatureView
from provender.catalog.search import search
from provender.cli.run import run
from provender.errors import DefinitionError, RequestError
from provender.types import Float64, Int64, String

FRAUD, TIER = {"team": "fraud"}, {"team": "fraud", "tier": "1"}


def doubled(inputs):
    return {"doubled": [None if one is None else 2 * one for one in inputs["limit"]]}


@pytest.fixture
def store(repository, instants):
    repository.rows("w.parquet", {"airport": ["JFK"], "ts": instants(1), "wind": [1.5]})
    airport = Entity("airport", value_type=String, tags=FRAUD)
    weather = FeatureView(
        "weather",
        source=FileSource("w.parquet", timestamp_field="ts", tags=TIER),
        entities=[airport],
        schema=[Field("wind", Float64, tags=TIER, owner="met")],
        tags=TIER,
        owner="ops",
    )
    view = OnDemandFeatureView(
        "asked", sources=[ASKED], schema=[Field("doubled", Int64)], function=doubled,
        mode="python", tags={"tier": "2"}, owner="ops",
    )  # fmt: skip
    found = repository.store()
    found.apply([airport, weather, view, FeatureService("model", [weather], tags={"tier": "2"})])
    return found


def names(found):
    return [one.name for one in found]


def test_lists_choose_by_all_of_some_tags(store):
    assert names(store.list_entities(FRAUD)) == ["airport"]
    assert names(store.list_entities(TIER)) == []
    assert names(store.list_feature_views(TIER)) == ["weather"]
    assert names(store.list_feature_views({"team": "other"})) == []
    assert names(store.list_on_demand_feature_views({"tier": "2"})) == ["asked"]
    assert names(store.list_feature_services({"tier": "2"})) == ["model"]
    assert len(store.list_data_sources(TIER)) == 1
    assert names(store.list_feature_views({})) == ["weather"]
    with pytest.raises(RequestError, match="not a mapping of text to text"):
        store.list_feature_views({"tier": 1})


def test_a_field_has_an_owner_of_its_own(store):
    (field,) = store.get_feature_view("weather").schema
    assert field == Field("wind", Float64, tags=TIER, owner="met")
    assert field != Field("wind", Float64, tags=TIER)
    assert repr(field) == f"Field('wind', Float64, tags={TIER}, owner='met')"
    assert "owner" not in Field("wind", Float64).to_document()
    with pytest.raises(DefinitionError, match="owner of field 'a' is of the wrong type"):
        Field("a", Int64, owner=1)


def test_a_change_of_owner_is_for_people_only(store):
    view = store.get_feature_view("weather")
    other = FeatureView(
        "weather", source=view.source, entities=view.entities, tags=TIER, owner="ops",
        schema=[Field("wind", Float64, tags=TIER, owner="sea")],
    )  # fmt: skip
    (change,) = store.plan(other).changes
    assert (change.impact, change.fields[0].path) == ("metadata", "schema.wind.owner")


def test_a_search_finds_them(store):
    (match,) = search(store.catalog, "met")
    assert (match.name, match.owner, match.where) == ("weather:wind", "met", ("owner",))
    assert match.tags == TIER
    found = search(store.catalog, "tier=1")
    assert {one.name for one in found} >= {"weather", "weather:wind"}
    assert ("asked:doubled", "ops") in [
        (one.name, one.owner) for one in search(store.catalog, "doub")
    ]


def test_the_command_line_shows_them(store, monkeypatch, repository, capsys):
    monkeypatch.chdir(repository.path)

    def shown(*args):
        capsys.readouterr()
        assert run(list(args)) == 0
        return capsys.readouterr().out

    assert "team=fraud, tier=1" in shown("feature-views", "list")
    assert "weather" in shown("feature-views", "list", "--tag", "tier=1", "--tag", "team=fraud")
    assert "No feature views have tier=9." in shown("feature-views", "list", "--tag", "tier=9")
    features = json.loads(shown("features", "list", "--output", "json"))
    assert [(one["feature"], one["owner"]) for one in features] == [
        ("weather:wind", "met"),
        ("asked:doubled", "ops"),
    ]
    assert "weather:wind" in shown("features", "list", "--tag", "team=fraud")
    assert "asked:doubled" not in shown("features", "list", "--tag", "team=fraud")
    assert "team=fraud" in shown("search", "wind")
    assert run(["entities", "list", "--tag", "team"]) == 2
