"""Online tables that an apply prepared and did not register are dropped by a later one."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from provender import Entity, FeatureView, Field, FileSource
from provender.errors import Conflict, DataLoss, StoreError
from provender.types import Float64, Int64

DRIVER = Entity("driver", join_keys=["driver_id"], value_type=Int64)
CAR = Entity("car", join_keys=["car_id"], value_type=Int64)


def view(name="stats", **more):
    source = FileSource("stats.parquet", timestamp_field="ts", name="stats")
    options = {"entities": [DRIVER], "schema": [Field("rating", Float64)], **more}
    return FeatureView(name, source=source, **options)


@pytest.fixture
def stores(repository, instants):
    columns = {"driver_id": [1, 2], "car_id": [1, 2], "ts": instants(3, 2), "rating": [0.5, 0.7]}
    repository.rows("stats.parquet", columns)
    one, two = repository.store(), repository.store()
    one.apply([DRIVER, CAR, view()])
    return one, two


@pytest.fixture
def tables(repository):
    """Return the online tables that there are, as view and generation."""

    def found():
        with closing(sqlite3.connect(repository.path / "online.db")) as connection:
            every = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            names = [name for (name,) in connection.execute(every)]
        return [name.partition(".test.")[2] for name in names if ".test." in name]

    return found


def left_by_a_conflict(stores):
    """Leave the table of `other`, since somebody else changed what the plan needs."""
    one, two = stores
    plan = one.plan([view("other"), view(description="mine")])
    two.apply(view(description="theirs"))
    with pytest.raises(Conflict):
        one.apply(plan)


def left_by_a_failure(stores, monkeypatch):
    """Leave the table of `other`, since the store fails after it was made."""
    one, online = stores[0], stores[0].stores.online
    prepare = online.prepare

    def fails(tables):
        prepare(tables)
        raise StoreError("the connection broke")

    with monkeypatch.context() as patched:
        patched.setattr(online, "prepare", fails)
        with pytest.raises(StoreError):
            one.apply(view("other"))


def test_the_next_apply_drops_what_a_conflict_left(stores, tables):
    left_by_a_conflict(stores)
    assert tables() == ["other.0", "stats.0"]
    stores[1].apply(view("third"))
    assert tables() == ["stats.0", "third.0"]


def test_an_apply_without_changes_drops_it_too_and_says_so(stores, tables, monkeypatch):
    left_by_a_failure(stores, monkeypatch)
    two = stores[1]
    assert two.apply(view()).is_empty
    assert tables() == ["stats.0"]
    commit = next(two.history.commits())
    assert (commit.version, commit.changes) == (2, ())
    assert "did not register" in commit.message
    two.apply(view())
    assert two.refresh().version == 2, "once is enough"
    assert not [n for n in two.stores.registry.names() if n.endswith("/preparing")]


def test_applying_the_same_again_takes_the_table_over(stores, tables, clock, monkeypatch):
    left_by_a_failure(stores, monkeypatch)
    one, two = stores
    two.apply(view("other"))
    assert tables() == ["other.0", "stats.0"]
    one.materialize_incremental(clock(), ["other"])
    two.apply(view(description="new"))
    rows = {"driver_id": [1, 2]}
    assert one.get_online_features(["other:rating"], rows).to_dict()["rating"] == [0.5, 0.7]


def test_a_table_that_was_given_up_is_never_used(stores, tables, monkeypatch):
    left_by_a_failure(stores, monkeypatch)
    one, two = stores
    late = one.plan([view("other")])
    two.apply(view("third"))
    with pytest.raises(Conflict, match="discarded its tables: other"):
        one.apply(late)
    one.apply(view("other"))
    assert tables() == ["other.1", "stats.0", "third.0"]
    assert one.apply(view("other")).is_empty


def test_the_table_of_another_key_is_given_up_too(stores, tables, clock, monkeypatch):
    one, two = stores
    plan = one.plan([view(entities=[CAR])])
    two.apply(view(description="theirs"))
    with pytest.raises(Conflict):
        one.apply(plan)
    assert tables() == ["stats.0", "stats.1"]
    two.materialize_incremental(clock())
    two.apply(view("third"))
    assert tables() == ["stats.0", "third.0"]
    answer = two.get_online_features(["stats:rating"], {"driver_id": [1]}).to_dict()
    assert answer["rating"] == [0.5]
    two.apply(view(entities=[CAR]), allow_data_loss=["stats"])
    assert tables() == ["stats.2", "third.0"]


def test_what_is_being_prepared_now_is_left_alone(stores, tables, monkeypatch):
    one, two = stores
    online = one.stores.online
    prepare = online.prepare

    def beside(tables):
        prepare(tables)
        two.apply(view("third"))

    with monkeypatch.context() as patched:
        patched.setattr(online, "prepare", beside)
        one.apply(view("other"))
    assert tables() == ["other.0", "stats.0", "third.0"]


def test_what_a_killed_apply_left_is_dropped_when_its_time_is_over(
    stores, tables, repository, monkeypatch
):
    one, two = stores
    with monkeypatch.context() as patched:
        patched.setattr(one.stores.registry, "write", _killed_at("/catalog", one.stores.registry))
        patched.setattr("provender.tables.preparing.Preparing._abandon", lambda *_: None)
        with pytest.raises(KeyboardInterrupt):
            one.apply(view("other"))
    two.apply(view("third"))
    assert "other.0" in tables()
    repository.clock.advance(minutes=6)
    two.apply(view("fourth"))
    assert tables() == ["fourth.0", "stats.0", "third.0"]


def _killed_at(end, registry):
    write = registry.write

    def killed(name, *more):
        if name.endswith(end):
            raise KeyboardInterrupt
        return write(name, *more)

    return killed


def test_a_stale_plan_does_not_bring_back_the_table_of_a_removed_view(stores, tables):
    one, two = stores
    one.apply(view("other"))
    late = one.plan([view("third")])
    two.apply([DRIVER, CAR, view()], partial=False)
    two.apply(view(description="one commit more"))
    one.apply(late)
    assert tables() == ["stats.0", "third.0"]


def test_teardown_drops_it(stores, tables):
    left_by_a_conflict(stores)
    stores[0].teardown()
    assert tables() == []
    assert stores[0].stores.registry.names() == []


def test_teardown_drops_what_a_first_apply_left(repository, instants, tables, monkeypatch):
    repository.rows("stats.parquet", {"driver_id": [1], "ts": instants(3), "rating": [0.5]})
    store = repository.store()
    monkeypatch.setattr(
        store.stores.registry, "write", _killed_at("/catalog", store.stores.registry)
    )
    with pytest.raises(KeyboardInterrupt):
        store.apply([DRIVER, view()])
    assert tables() == ["stats.0"]
    store.teardown()
    assert tables() == []


def test_a_loss_that_is_refused_after_the_preparation_leaves_nothing(stores, tables, clock):
    one, two = stores
    plan = one.plan([DRIVER, view("other")], partial=False)
    two.materialize_incremental(clock())
    with pytest.raises(DataLoss):
        one.apply(plan)
    assert tables() == ["stats.0"]
