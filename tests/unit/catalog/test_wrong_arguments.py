"""Arguments of the wrong kind are answered by an error of ours that says what is allowed."""

from __future__ import annotations

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import DefinitionError, ProvenderError, RequestError
from provender.types import Float64

DRIVER = Entity(name="driver", join_keys=["driver_id"])
STATS = FeatureView(
    "stats",
    source=FileSource("stats.parquet", timestamp_field="ts"),
    entities=[DRIVER],
    schema=[Field("rating", Float64)],
)


@pytest.fixture
def store(repository, instants):
    repository.rows("stats.parquet", {"driver_id": [1], "ts": instants(3), "rating": [0.5]})
    store = repository.store()
    store.apply([DRIVER, STATS])
    return store


@pytest.mark.parametrize(
    "objects",
    [["x"], [None], "x", None, 5, {"a": DRIVER}, [FeatureView], [[DRIVER]], [Field("a", Float64)]],
    ids=repr,
)
def test_what_is_no_definition_is_not_applied(store, objects):
    for change in (store.apply, store.plan):
        with pytest.raises(DefinitionError) as caught:
            change(objects)
        (problem,) = caught.value.problems
        assert problem.fact == "not a definition"
        assert problem.got
        assert "an Entity, a FeatureView" in problem.allowed
    assert store.refresh().version == 1


def test_no_definition_hides_other_problems(store):
    other = FeatureView("stats", source=FileSource("none.parquet"), entities=[DRIVER])
    with pytest.raises(DefinitionError) as caught:
        store.apply(["x", STATS, other])
    facts = [problem.fact for problem in caught.value.problems]
    assert facts[:2] == ["not a definition", "two different definitions of feature view 'stats'"]


def test_definitions_may_come_from_a_generator(store):
    again = [Entity(name="driver", join_keys=["driver_id"], owner="ann"), STATS]
    plan = store.apply(one for one in again)
    assert [change.name for change in plan.changes] == ["driver"]
    assert plan.registered == (("entity", "driver"), ("feature view", "stats"))
    assert store.plan(DRIVER).changes


@pytest.mark.parametrize("name", [None, 1, ["stats"], STATS], ids=lambda name: type(name).__name__)
def test_names_are_text(store, name):
    for call in (
        store.get_entity,
        store.get_feature_view,
        store.get_feature_service,
        store.get_data_source,
        store.get_view_rows,
        store.get_view_statistics,
        lambda name: store.push(name, {"a": [1]}),
        lambda name: store.write_to_online_store(name, {"a": [1]}),
        lambda name: store.materialize_incremental("2026-03-01", [name]),
        lambda name: store.get_view_rows("stats", [name]),
    ):
        with pytest.raises(RequestError, match="is not a string"):
            call(name)


def test_a_definition_in_place_of_its_name(store):
    with pytest.raises(RequestError, match="pass its name, 'stats'"):
        store.get_feature_view(STATS)


@pytest.mark.parametrize("names", ["stats", 5])
def test_lists_of_names_are_lists(store, names):
    for call in (
        lambda: store.materialize_incremental("2026-03-01", names),
        lambda: store.get_view_rows("stats", names),
    ):
        with pytest.raises(RequestError, match="are not a list"):
            call()


@pytest.mark.parametrize("instant", [5, [], "yesterday", 1.5])
def test_instants(store, instant):
    for call in (
        lambda: store.materialize_incremental(instant),
        lambda: store.materialize("2026-01-01", instant),
        lambda: store.get_view_rows("stats", start=instant),
    ):
        with pytest.raises(ProvenderError, match="is not a timestamp"):
            call()
