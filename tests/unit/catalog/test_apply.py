"""Registering definitions: what is planned is done, and what goes takes its rows with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import Conflict, DefinitionError, NotFound
from provender.types import Float64, Int64, String

DRIVER = Entity(name="driver", join_keys=["driver_id"])


def view(name="stats", path="stats.parquet", **more):
    options = {"schema": [Field("rating", Float64)], "ttl": timedelta(days=1)} | more
    source = FileSource(path, timestamp_field="ts")
    return FeatureView(name, source=source, entities=[DRIVER], **options)


@pytest.fixture
def stats(repository, instants):
    columns = {"driver_id": [1, 2], "ts": instants(3, 2), "rating": [0.5, None], "trips": [3, 4]}
    repository.rows("stats.parquet", columns)
    return repository


def actions(plan):
    return {(change.action, change.kind, change.name) for change in plan.changes}


def test_a_plan_lists_every_new_object_and_changes_nothing(stats):
    store = stats.store()
    plan = store.plan([DRIVER, view()])
    assert actions(plan) == {
        ("add", "entity", "driver"),
        ("add", "data source", "stats.parquet"),
        ("add", "feature view", "stats"),
    }
    assert [table.view for table in plan.tables_made] == ["stats"]
    assert not plan.destroys
    assert not (stats.path / "registry.db").exists()
    assert not (stats.path / "online.db").exists()


def test_applying_twice_changes_nothing(stats):
    store = stats.store()
    store.apply([DRIVER, view()])
    assert store.plan([DRIVER, view()]).is_empty
    assert store.refresh().version == 1
    assert store.apply([DRIVER, view()]).is_empty
    assert store.refresh().version == 1


def test_what_is_registered_is_found_by_another_store(stats):
    stats.store().apply([DRIVER, view(description="how good")])
    other = stats.store()
    assert [entity.name for entity in other.list_entities()] == ["driver"]
    assert other.get_feature_view("stats").description == "how good"
    assert other.get_data_source("stats.parquet").timestamp_field == "ts"
    assert other.get_entity("driver").value_type == Int64, "found in the data"


def test_schema_and_timestamp_are_found_in_the_data(stats):
    source = FileSource("stats.parquet")
    store = stats.store()
    store.apply([DRIVER, FeatureView("stats", source=source, entities=[DRIVER])])
    found = store.get_feature_view("stats")
    assert found.source.timestamp_field == "ts"
    assert [(f.name, f.dtype) for f in found.schema] == [("rating", Float64), ("trips", Int64)]


def test_a_changed_field_is_shown_with_both_values(stats):
    store = stats.store()
    store.apply([DRIVER, view()])
    plan = store.plan([DRIVER, view(ttl=timedelta(days=2), description="new")])
    (change,) = plan.changes
    fields = {f.path: (f.before, f.after) for f in change.fields}
    assert fields == {
        "ttl": (86_400_000_000, 172_800_000_000),
        "description": ("", "new"),
    }


def test_total_apply_removes_what_is_no_longer_defined(stats):
    store = stats.store()
    store.apply([DRIVER, view(), view("other")])
    store.materialize_incremental(stats.clock())
    plan = store.plan([DRIVER, view()], partial=False)
    assert ("remove", "feature view", "other") in actions(plan)
    assert [(table.view, rows) for table, rows in plan.tables_dropped] == [("other", 2)]
    assert plan.destroys
    store.apply(plan, allow_data_loss=True)
    with pytest.raises(NotFound, match="no feature view 'other'"):
        store.get_feature_view("other")


def test_partial_apply_keeps_the_rest(stats):
    store = stats.store()
    store.apply([DRIVER, view()])
    store.apply(view("other"))
    assert [v.name for v in store.list_feature_views()] == ["other", "stats"]


def test_a_view_that_comes_back_does_not_see_its_old_rows(stats):
    store = stats.store()
    store.apply([DRIVER, view()])
    store.materialize_incremental(stats.clock())
    store.apply([DRIVER], partial=False, allow_data_loss=True)
    store.apply([DRIVER, view()])
    rows = {"driver_id": [1]}
    assert store.get_online_features(["stats:rating"], rows).to_dict()["rating"] == [None]
    store.materialize_incremental(stats.clock())
    assert store.get_online_features(["stats:rating"], rows).to_dict()["rating"] == [0.5]


def test_a_view_taken_offline_and_back_is_loaded_anew(stats):
    store = stats.store()
    store.apply([DRIVER, view()])
    store.materialize_incremental(stats.clock())
    assert store.apply([DRIVER, view(online=False)], allow_data_loss=True).destroys
    store.apply([DRIVER, view()])
    (report,) = store.materialize_incremental(stats.clock())
    assert report.rows == 2


def test_another_key_gets_a_table_of_its_own(stats, instants):
    stats.rows(
        "stats.parquet",
        {"driver_id": ["1", "2"], "ts": instants(3, 2), "rating": [0.1, 0.2], "trips": [3, 4]},
    )
    store = stats.store()
    store.apply([DRIVER, view()])
    store.materialize_incremental(stats.clock())
    assert store.get_online_features(["stats:rating"], {"driver_id": ["1"]}).to_dict() == {
        "driver_id": ["1"],
        "rating": [0.1],
    }
    stats.rows("stats.parquet", {"driver_id": [1, 2], "ts": instants(3, 2), "rating": [0.5, 0.6]})
    plan = store.apply([DRIVER, view()], allow_data_loss=["stats"])
    assert [table.generation for table in plan.tables_made] == [1]
    assert [table.generation for table, _ in plan.tables_dropped] == [0]


def test_a_plan_for_an_older_catalog_is_refused(stats):
    store = stats.store()
    plan = store.plan([DRIVER, view()])
    stats.store().apply([DRIVER])
    with pytest.raises(Conflict, match="changed by somebody else after the plan was made"):
        store.apply(plan)
    with pytest.raises(NotFound):
        store.get_feature_view("stats")


def test_all_problems_are_told_at_once_with_their_places(stats):
    store = stats.store()
    broken = [
        view("a", path="missing.parquet"),
        view("b", schema=[Field("ratin", Float64)]),
        view("c", schema=[Field("rating", String)]),
        FeatureView("d", source=FileSource("stats.parquet"), entities=["dirver"]),
        FeatureView(
            "e", source=FileSource("stats.parquet", timestamp_field="trips"), entities=[DRIVER]
        ),
    ]
    with pytest.raises(DefinitionError) as caught:
        store.apply([DRIVER, *broken])
    text = str(caught.value)
    assert "no Parquet file" in text
    assert "no column 'ratin'" in text
    assert "did you mean 'rating'?" in text
    assert "column 'rating'" in text
    assert "did you mean 'driver'?" in text
    assert "column 'trips'" in text
    assert all(
        problem.place and "test_apply.py" in problem.place for problem in caught.value.problems
    )
    assert not (stats.path / "registry.db").exists()


def test_two_different_definitions_of_one_name_are_refused(stats):
    with pytest.raises(DefinitionError, match="two different definitions of feature view 'stats'"):
        stats.store().apply([DRIVER, view(), view(description="another")])


def test_teardown_leaves_nothing(stats):
    store = stats.store()
    store.apply([DRIVER, view()])
    store.materialize_incremental(stats.clock())
    store.teardown()
    assert stats.store().list_entities() == []
    assert store.stores.registry.names() == []
    store.apply([DRIVER, view()])
    (report,) = store.materialize_incremental(stats.clock())
    assert report.rows == 2
