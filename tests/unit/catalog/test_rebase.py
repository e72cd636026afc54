"""Plans go on top of other people's commits when those changed something else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import Conflict
from provender.types import Float64, Int64

DRIVER = Entity("driver", join_keys=["driver_id"], value_type=Int64)


def view(name="stats", **more):
    source = FileSource(f"{name}.parquet", timestamp_field="ts")
    options = {"schema": [Field("rating", Float64)], "ttl": timedelta(days=1)} | more
    return FeatureView(name, source=source, entities=[DRIVER], **options)


@pytest.fixture
def stores(repository, instants):
    """Return two stores of one repository that know each other's tables only by the registry."""
    for name in ("stats", "other", "third"):
        columns = {"driver_id": [1, 2], "car": [1, 2], "ts": instants(3, 2), "rating": [0.5, 0.7]}
        repository.rows(f"{name}.parquet", columns)
    one, two = repository.store(), repository.store()
    one.apply([DRIVER, view()], author="ann")
    return one, two


def names(store):
    return [found.name for found in store.list_feature_views()]


def test_changes_of_other_objects_go_on_top(stores, clock):
    one, two = stores
    plan = one.plan([view("other")])
    two.apply(view("third"))
    two.apply(view(description="new"))
    one.apply(plan)
    assert names(one) == names(two) == ["other", "stats", "third"]
    assert one.get_feature_view("stats").description == "new"
    assert one.catalog.version == 4
    one.materialize_incremental(clock())
    refs = ["other:rating", "third:rating"]
    answer = two.get_online_features(refs, {"driver_id": [2]}, full_feature_names=True).to_dict()
    assert answer == {"driver_id": [2], "other__rating": [0.7], "third__rating": [0.7]}


def test_the_same_change_by_two_is_one(stores):
    one, two = stores
    plan = one.plan([view("other")])
    two.apply(view("other"))
    one.apply(plan)
    assert one.refresh().version == 2


def test_the_same_object_changed_differently_is_a_conflict_that_names_the_commit(stores):
    one, two = stores
    plan = one.plan([view(description="mine"), view("other")])
    two.apply(view("third"), author="bo")
    two.apply(view(description="theirs"), author="cleo")
    two.apply(view("third", description="still third"), author="dan")
    with pytest.raises(Conflict) as caught:
        one.apply(plan)
    (problem,) = caught.value.problems
    assert problem.fact.startswith("feature view 'stats' was changed by somebody else")
    assert problem.got == "version 3 of the catalog, committed by cleo"
    assert "provender diff 1 3" in problem.fix
    assert names(one) == ["stats", "third"]
    assert one.get_feature_view("stats").description == "theirs"


def test_removed_by_one_and_changed_by_the_other(stores):
    one, two = stores
    plan = one.plan([DRIVER], partial=False)
    two.apply(view(description="needed"))
    with pytest.raises(Conflict, match="feature view 'stats'"):
        one.apply(plan)
    assert names(one) == ["stats"]


def test_a_conflict_loses_no_online_rows(stores, clock):
    one, two = stores
    one.materialize_incremental(clock())
    plan = one.plan([DRIVER], partial=False)
    two.apply(view(description="needed"))
    with pytest.raises(Conflict):
        one.apply(plan, allow_data_loss=True)
    answer = two.get_online_features(["stats:rating"], {"driver_id": [1, 2]}).to_dict()
    assert answer["rating"] == [0.5, 0.7]


def test_a_view_on_an_entity_that_somebody_else_moved(stores):
    one, two = stores
    plan = one.plan([view("other")])
    two.apply(Entity("driver", join_keys=["car"], value_type=Int64))
    with pytest.raises(Conflict, match="entity 'driver'"):
        one.apply(plan)


def test_an_entity_moved_under_a_view_that_somebody_else_added(stores):
    one, two = stores
    plan = one.plan([Entity("driver", join_keys=["car"], value_type=Int64)])
    two.apply(view("other"))
    with pytest.raises(Conflict, match="entity 'driver'"):
        one.apply(plan)


def test_a_total_plan_leaves_what_others_added_meanwhile(stores):
    one, two = stores
    plan = one.plan([DRIVER, view("other")], partial=False)
    two.apply(view("third"))
    one.apply(plan)
    assert names(one) == ["other", "third"], "stats was in the plan to be removed, third was not"


def test_a_table_is_never_used_twice_whoever_removes_the_view(stores, clock):
    one, two = stores
    one.materialize_incremental(clock())
    late = one.plan([view("other")])
    two.apply([DRIVER], partial=False, allow_data_loss=True)
    two.apply(view())
    two.apply([DRIVER], partial=False)
    one.apply(late)
    one.apply(view())
    answer = one.get_online_features(["stats:rating"], {"driver_id": [1]}).to_dict()
    assert answer["rating"] == [None]
    assert one.catalog.view("stats").generation == 2


def test_a_project_that_was_torn_down_meanwhile(stores):
    one, two = stores
    plan = one.plan([view("other")])
    two.teardown()
    with pytest.raises(Conflict, match="was removed after the plan was made"):
        one.apply(plan)
    assert names(one) == []


def test_rollbacks_go_on_top_too(stores):
    one, two = stores
    one.apply(view(description="new"))
    plan = one.plan_rollback(1)
    two.apply(view("third"))
    one.apply(plan)
    assert one.get_feature_view("stats").description == ""
    assert names(one) == ["stats", "third"]
