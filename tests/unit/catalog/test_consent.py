"""Online rows are lost only where somebody agreed to lose as many of them."""

from __future__ import annotations

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import Conflict, DataLoss
from provender.types import Float64

DRIVER = Entity("driver", join_keys=["driver_id"])
CAR = Entity("car", join_keys=["car_id"])


def view(name="stats", **more):
    source = FileSource("stats.parquet", timestamp_field="ts", name="stats")
    more = {"entities": [DRIVER], "schema": [Field("rating", Float64)], **more}
    return FeatureView(name, source=source, **more)


@pytest.fixture
def store(repository, instants):
    ids = [1, 2, 3]
    columns = {"driver_id": ids, "car_id": ids, "ts": instants(3, 2, 1), "rating": [0.1, 0.2, 0.3]}
    repository.rows("stats.parquet", columns)
    found = repository.store()
    found.apply([DRIVER, view(), view("other")])
    return found


@pytest.fixture
def load(store, repository):
    return lambda: store.materialize_incremental(repository.clock())


def served(store):
    rows = {"driver_id": [1, 2, 3]}
    return store.get_online_features(["other:rating"], rows).to_dict()["rating"]


@pytest.mark.parametrize("allowed", [False, True, ["other"]])
def test_rows_that_came_after_the_plan_are_not_lost_by_it(store, load, allowed):
    plan = store.plan([DRIVER, view()], partial=False)
    assert not plan.destroys, "there was nothing to lose"
    load()
    with pytest.raises(DataLoss) as told:
        store.apply(plan, allow_data_loss=allowed)
    assert told.value.problems[0].got == "3 rows"
    assert served(store) == [0.1, 0.2, 0.3]
    assert store.refresh().version == 1


def test_more_rows_than_the_plan_says_are_told_with_both_numbers(store, load):
    plan = store.plan([DRIVER, view()], partial=False)
    load()
    with pytest.raises(DataLoss, match="than the plan says") as told:
        store.apply(plan, allow_data_loss=True)
    (problem,) = told.value.problems
    assert (problem.got, problem.allowed) == ("3 rows", "0 rows")
    assert problem.fix == "plan and apply again"
    again = store.plan([DRIVER, view()], partial=False)
    store.apply(again, allow_data_loss=True)
    assert [v.name for v in store.list_feature_views()] == ["stats"]


@pytest.mark.parametrize(
    "objects",
    [
        pytest.param(([DRIVER, view()], False), id="removed"),
        pytest.param(([view("other", online=False)], True), id="taken offline"),
        pytest.param(([CAR, view("other", entities=[CAR])], True), id="another key"),
    ],
)
def test_every_way_to_lose_rows_needs_consent_that_names_the_view(store, load, objects):
    load()
    definitions, partial = objects
    for wrong in (False, [], ["stats"], "stats"):
        with pytest.raises(DataLoss, match="'other' would be lost") as told:
            store.apply(definitions, partial=partial, allow_data_loss=wrong)
        assert "allow_data_loss=['other']" in str(told.value.problems[0].fix)
    assert served(store) == [0.1, 0.2, 0.3]
    assert store.apply(definitions, partial=partial, allow_data_loss=["other"]).destroys


def test_a_rollback_needs_consent_too(store, load):
    store.apply(view("newer"))
    load()
    with pytest.raises(DataLoss, match="'newer' would be lost"):
        store.rollback(1)
    store.rollback(1, allow_data_loss=["newer"])
    assert [v.name for v in store.list_feature_views()] == ["other", "stats"]


def test_an_empty_view_is_removed_without_a_question(store):
    store.apply([DRIVER, view()], partial=False)
    assert [v.name for v in store.list_feature_views()] == ["stats"]


def test_rows_nobody_can_count_need_consent(store, monkeypatch):
    monkeypatch.setattr(store.stores.online, "count", lambda table: None)
    with pytest.raises(DataLoss) as told:
        store.apply([DRIVER, view()], partial=False)
    assert told.value.problems[0].got == "an unknown number of rows"
    store.apply([DRIVER, view()], partial=False, allow_data_loss=True)


def test_rows_that_came_while_the_tables_were_prepared_are_not_lost(store, load, monkeypatch):
    plan = store.plan([DRIVER, view(), view("third")], partial=False)
    prepare = store.stores.online.prepare

    def prepare_and_load(tables):
        prepare(tables)
        monkeypatch.undo()
        load()

    monkeypatch.setattr(store.stores.online, "prepare", prepare_and_load)
    with pytest.raises(DataLoss, match="'other' would be lost"):
        store.apply(plan)
    assert served(store) == [0.1, 0.2, 0.3]


def test_rows_that_came_with_a_commit_of_others_are_not_lost(store, load, repository):
    plan = store.plan([DRIVER, view()], partial=False)
    repository.store().apply(view("theirs"))
    load()
    with pytest.raises((DataLoss, Conflict)):
        store.apply(plan, allow_data_loss=True)
    assert served(store) == [0.1, 0.2, 0.3]
