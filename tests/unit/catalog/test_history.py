"""Every version of the catalog stays: it can be listed, compared, read as of, and restored."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest

from provender import Entity, FeatureStore, FeatureView, Field, FileSource
from provender.errors import NotFound, RequestError
from provender.types import Float64, Int64

DRIVER = Entity("driver", join_keys=["driver_id"], value_type=Int64)
RATING, TRIPS = Field("rating", Float64), Field("trips", Int64)
ONE = {"driver_id": [1]}


def view(name="stats", **more):
    source = FileSource("stats.parquet", timestamp_field="ts")
    options = {"schema": [RATING], "ttl": timedelta(days=1)} | more
    return FeatureView(name, source=source, entities=[DRIVER], **options)


@pytest.fixture
def store(repository, instants):
    columns = {"driver_id": [1, 2], "ts": instants(3, 2), "rating": [0.5, None], "trips": [3, 4]}
    repository.rows("stats.parquet", columns)
    return repository.store()


def online(store, *features):
    answer = store.get_online_features(list(features), ONE).to_dict()
    return [answer[feature.partition(":")[2]][0] for feature in features]


def test_every_commit_tells_when_who_why_and_what(store, clock):
    store.apply([DRIVER, view()], author="ann", message="First features")
    clock.advance(hours=1)
    store.apply(view(description="how good"), author="bo", message="Say what it is")
    newest, oldest = store.history.commits()
    assert (newest.version, newest.author, newest.message) == (2, "bo", "Say what it is")
    assert newest.at == clock()
    (change,) = newest.changes
    assert [(f.path, f.before, f.after) for f in change.fields] == [("description", "", "how good")]
    assert (oldest.version, oldest.author) == (1, "ann")
    assert {change.action for change in oldest.changes} == {"add"}
    assert [commit.version for commit in store.history.commits(1)] == [2]


def test_an_apply_that_changes_nothing_is_no_commit(store):
    store.apply([DRIVER, view()])
    store.apply([DRIVER, view()], author="another", message="again")
    assert [commit.version for commit in store.history.commits()] == [1]


def test_the_author_is_configured_or_in_the_environment(repository, store, monkeypatch):
    monkeypatch.setenv("PROVENDER_AUTHOR", "pipeline")
    store.apply([DRIVER, view()])
    repository.configure(author="${TEAM}")
    monkeypatch.setenv("TEAM", "fraud team")
    repository.store().apply(view(description="new"))
    assert [c.author for c in store.history.commits()] == ["fraud team", "pipeline"]


def test_another_order_of_features_is_a_change_that_loads_nothing_again(store, clock):
    store.apply([DRIVER, view(schema=[RATING, TRIPS])])
    store.materialize_incremental(clock())
    plan = store.apply(view(schema=[TRIPS, RATING]))
    (field,) = plan.changes[0].fields
    assert (field.path, field.impact) == ("schema", "compatible")
    assert online(store, "stats:rating", "stats:trips") == [0.5, 3]
    (report,) = store.materialize_incremental(clock())
    assert report.rows == 0
    answer = store.get_online_features(["stats"], ONE).to_dict()
    assert list(answer) == ["driver_id", "trips", "rating"]


def test_differences_between_any_two_versions(store):
    store.apply([DRIVER, view()])
    store.apply(view("other"))
    store.apply(view(owner="ann"))

    def between(a, b):
        return [(c.action, c.name) for c in store.history.between(a, b)]

    assert between(1, 3) == [("add", "other"), ("change", "stats")]
    assert between(3, 1) == [("remove", "other"), ("change", "stats")]
    assert between(2, 2) == []
    assert ("add", "driver") in between(0, 1)


@pytest.mark.parametrize("version", [4, -1, 99])
def test_a_version_that_there_is_not(store, version):
    store.apply([DRIVER, view()])
    with pytest.raises(NotFound, match=rf"no version {version}\n  allowed: 0 to 1"):
        store.history.between(1, version)


def test_reading_as_of_a_version(repository, store, clock):
    store.apply([DRIVER, view()])
    store.materialize_incremental(clock())
    store.apply(view(schema=[TRIPS]))
    store.materialize_incremental(clock())
    with FeatureStore(repository.path, clock=clock, version=1) as then:
        assert [field.name for field in then.get_feature_view("stats").schema] == ["rating"]
        job = then.get_historical_features(
            pa.table({"driver_id": [1], "event_timestamp": [clock()]}), ["stats:rating"]
        )
        assert job.to_arrow().column("rating").to_pylist() == [0.5]
        with pytest.raises(NotFound, match="no feature 'trips'"):
            online(then, "stats:trips")
        # the rows were written again without the feature; they are read, and it is missing
        assert online(then, "stats:rating") == [None]
    assert online(store, "stats:trips") == [3]


def test_nothing_is_changed_as_of_a_version(repository, store, clock):
    store.apply([DRIVER, view()])
    with FeatureStore(repository.path, clock=clock, version=1) as then:
        for change in (
            lambda: then.apply(view("other")),
            lambda: then.plan([view("other")]),
            lambda: then.rollback(0),
            lambda: then.materialize_incremental(clock()),
            lambda: then.materialize(clock() - timedelta(days=1), clock()),
            then.teardown,
        ):
            with pytest.raises(RequestError, match=r"got: FeatureStore\(version=1\)"):
                change()
    assert store.refresh().version == 1


def test_a_version_that_there_is_not_cannot_be_read(repository, store, clock):
    store.apply([DRIVER, view()])
    with (
        FeatureStore(repository.path, clock=clock, version=7) as then,
        pytest.raises(NotFound, match="no version 7"),
    ):
        then.list_feature_views()


def test_a_rollback_is_a_new_commit_that_serves_at_once(store, clock):
    store.apply([DRIVER, view(schema=[RATING, TRIPS])])
    store.materialize_incremental(clock())
    store.apply(view(schema=[RATING]))
    with pytest.raises(NotFound):
        online(store, "stats:trips")
    plan = store.rollback(1, author="ann")
    assert not plan.destroys
    assert not plan.tables_made
    assert online(store, "stats:rating", "stats:trips") == [0.5, 3], "nothing was loaded again"
    newest = next(store.history.commits())
    assert (newest.version, newest.message) == (3, "Roll back to version 1")
    assert store.history.between(1, 3) == []


def test_rows_that_were_written_since_are_read_after_a_rollback(store, clock, repository, instants):
    store.apply([DRIVER, view(schema=[RATING])])
    store.apply(view(schema=[RATING, TRIPS]))
    store.materialize_incremental(clock())
    store.rollback(1)
    assert online(store, "stats:rating") == [0.5]
    store.rollback(2)
    assert online(store, "stats:rating", "stats:trips") == [0.5, 3]


def test_a_rollback_brings_back_what_was_removed_without_its_lost_rows(store, clock):
    store.apply([DRIVER, view(), view("other")])
    store.materialize_incremental(clock())
    assert store.apply([DRIVER, view()], partial=False, allow_data_loss=["other"]).destroys
    plan = store.plan_rollback(1)
    assert [(c.action, c.name) for c in plan.changes] == [("add", "other")]
    assert [table.generation for table in plan.tables_made] == [1]
    store.apply(plan)
    assert online(store, "stats:rating") == [0.5]
    assert online(store, "other:rating") == [None]
    store.materialize_incremental(clock())
    assert online(store, "other:rating") == [0.5]


def test_a_rollback_removes_what_came_later_and_counts_its_rows(store, clock):
    store.apply([DRIVER, view()])
    store.apply(view("other"))
    store.materialize_incremental(clock())
    plan = store.plan_rollback(1)
    assert [(table.view, rows) for table, rows in plan.tables_dropped] == [("other", 2)]
    store.apply(plan, allow_data_loss=["other"])
    assert [v.name for v in store.list_feature_views()] == ["stats"]


def test_a_rollback_to_what_stands_changes_nothing(store):
    store.apply([DRIVER, view()])
    assert store.plan_rollback(1).is_empty
    assert store.rollback(1).is_empty
    assert store.refresh().version == 1


def test_a_rollback_needs_neither_the_data_nor_the_definition_files(store, repository):
    store.apply([DRIVER, view()])
    store.apply(view(description="new"))
    (repository.path / "stats.parquet").unlink()
    store.rollback(1)
    assert store.get_feature_view("stats").description == ""


def test_the_ledger_of_a_view_named_catalog_is_not_a_project(store, clock):
    store.apply([DRIVER, view("catalog")])
    store.materialize_incremental(clock())
    assert [p.name for p in store.list_projects()] == ["test"]


def test_projects_share_a_registry_and_do_not_meet(repository, store, clock):
    store.apply([DRIVER, view()], author="ann")
    store.materialize_incremental(clock())
    repository.configure(project="another")
    other = repository.store()
    assert other.list_feature_views() == []
    clock.advance(minutes=5)
    other.apply([DRIVER, view(), view("more")], author="bo")
    assert online(other, "stats:rating") == [None]
    found = [(p.name, p.version, p.author, p.entities, p.feature_views, p.changed)
             for p in other.list_projects()]  # fmt: skip
    assert found == [
        ("another", 1, "bo", 1, 2, clock()),
        ("test", 1, "ann", 1, 1, clock() - timedelta(minutes=5)),
    ]
    other.teardown()
    assert [p.name for p in store.list_projects()] == ["test"]
    assert online(store, "stats:rating") == [0.5]
