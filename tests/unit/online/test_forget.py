"""Erasing one entity: from every view that has its keys, in every table, and nothing else."""

from __future__ import annotations

import pytest

from provender import Entity, FeatureStore, FeatureView, FileSource
from provender.errors import NotFound, RequestError, StoreError
from provender.plugin import OnlineTable
from provender.testing.faults import raises
from provender.testing.faults.plugin import FaultyStores

DRIVER, CUSTOMER = Entity("driver", join_keys=["driver_id"]), Entity("customer", join_keys=["c_id"])


def view(name, *entities, **more):
    mapping = {"who": "driver_id"} if name == "renamed" else None
    source = FileSource(f"{name}.parquet", timestamp_field="ts", field_mapping=mapping)
    return FeatureView(name, source=source, entities=list(entities), **more)


VIEWS = [
    view("stats", DRIVER),
    view("renamed", DRIVER),
    view("trips", DRIVER, CUSTOMER),
    view("customers", CUSTOMER),
    view("offline_only", DRIVER, online=False),
    view("world"),
]


@pytest.fixture
def files(repository, instants):
    ids = [1001, 1002]
    for name, keys in {
        "stats": {"driver_id": ids},
        "renamed": {"who": ids},
        "trips": {"driver_id": ids, "c_id": [7, 8]},
        "customers": {"c_id": [7, 8]},
        "offline_only": {"driver_id": ids},
        "world": {},
    }.items():
        columns = {**keys, "ts": instants(2, 1), f"{name}_value": [1, 2]}
        repository.rows(f"{name}.parquet", columns)
    return repository


@pytest.fixture
def store(files):
    found = files.store()
    found.apply([DRIVER, CUSTOMER, *VIEWS])
    found.materialize_incremental(files.clock())
    return found


def rows(report):
    return {erased.view: erased.rows for erased in report.erased}


def served(store, view, **keys):
    (value,) = store.get_online_features([view], [keys]).to_dict()[f"{view}_value"]
    return value


def test_an_entity_is_erased_from_every_view_whose_keys_are_given(store):
    report = store.forget(entity={"driver_id": 1001})
    assert report.entity == {"driver_id": 1001}
    assert rows(report) == {"renamed": 1, "stats": 1}
    assert report.rows == 2
    assert report.erased[1].tables == ("test.stats.0",)
    assert report.not_touched == {"trips": ("c_id",)}
    for name in ("stats", "renamed"):
        assert served(store, name, driver_id=1001) is None
        assert served(store, name, driver_id=1002) == 2
    assert served(store, "trips", driver_id=1001, c_id=7) == 1
    assert served(store, "customers", c_id=7) == 1
    assert served(store, "world") == 2


def test_all_keys_of_a_view_together_name_its_row(store):
    report = store.forget({"driver_id": 1001, "c_id": 7}, views=["trips"])
    assert rows(report) == {"trips": 1}
    assert report.not_touched == {}
    assert served(store, "trips", driver_id=1001, c_id=7) is None
    assert served(store, "trips", driver_id=1002, c_id=8) == 2
    assert served(store, "stats", driver_id=1001) == 1


def test_a_plan_says_it_and_changes_nothing(store):
    planned = store.plan_forget({"driver_id": 1001})
    assert served(store, "stats", driver_id=1001) == 1
    assert store.forget({"driver_id": 1001}) == planned
    assert rows(store.forget({"driver_id": 1001})) == {"renamed": 0, "stats": 0}


def test_sources_keep_their_rows_so_that_old_time_loads_them_again(store, files):
    store.forget({"driver_id": 1001})
    store.materialize_incremental(files.clock())
    assert served(store, "stats", driver_id=1001) is None
    store.materialize("2026-01-01", "2026-03-01T12:00")
    assert served(store, "stats", driver_id=1001) == 1


@pytest.mark.parametrize("named", [None, ["stats"]])
def test_a_table_that_an_apply_has_still_to_drop_is_erased_too(store, files, named):
    """Its view has other join keys by now, or is gone: the catalog before knows them."""
    broken = FaultyStores({"online": {"drop": [None, raises()]}}).around(files.store())
    changed = [view("customers", CUSTOMER), view("renamed", DRIVER)]
    if named:
        changed.append(FeatureView("stats", source=VIEWS[2].source, entities=[DRIVER, CUSTOMER]))
    with pytest.raises(StoreError):
        broken.apply([DRIVER, CUSTOMER, *changed], partial=False, allow_data_loss=True)
    left = OnlineTable("test", "stats", None, 0)
    assert store.stores.online.count(left) == 2
    entity = {"driver_id": 1001, "c_id": 9} if named else {"driver_id": 1001}
    report = files.store().forget(entity, named)
    assert rows(report) == ({"stats": 1} if named else {"renamed": 1, "stats": 1})
    assert report.erased[-1].tables[-1] == "test.stats.0"
    assert store.stores.online.count(left) == 1


@pytest.mark.parametrize(
    ("entity", "views", "facts"),
    [
        ({}, None, ["an entity is needed"]),
        ([("driver_id", 1)], None, ["an entity is needed"]),
        ({"driver": 1, "x": 2}, None, ["no online feature view has the join key 'driver'", "'x'"]),
        ({"who": 1001}, None, ["no online feature view has the join key 'who'"]),
        ({"c_id": 7}, ["stats"], ["no online feature view has the join key 'c_id'"]),
        ({"driver_id": 1001}, ["stats", "trips"], ["lacks join keys of feature view 'trips'"]),
        ({"driver_id": 1001}, ["stats", "customers"], ["join keys of feature view 'customers'"]),
        ({"driver_id": 1001}, ["offline_only"], ["is not online, or has no join keys"]),
        ({"driver_id": 1001}, ["world"], ["is not online, or has no join keys"]),
        ({"driver_id": "1001"}, None, ["entity key 'driver_id' is of the wrong type"]),
        ({"driver_id": None}, None, ["a join key of feature view 'renamed' is null"]),
        ({"driver_id": float("nan")}, ["stats"], ["a join key of feature view 'stats' is null"]),
        ({"driver_id": 1001}, "stats", ["stats"]),
    ],
)
def test_what_does_not_fit_erases_nothing(store, entity, views, facts):
    with pytest.raises(RequestError) as caught:
        store.forget(entity, views)
    assert all(fact in str(caught.value) for fact in facts)
    assert served(store, "stats", driver_id=1001) == 1


def test_an_unknown_join_key_is_told_with_those_that_there_are(store):
    with pytest.raises(RequestError) as caught:
        store.forget({"driver_ids": 1001})
    (problem,) = caught.value.problems
    assert problem.allowed == "c_id, driver_id"
    assert "driver_id" in problem.fix


def test_an_unknown_view_is_told(store):
    with pytest.raises(NotFound, match="no feature view 'stat'"):
        store.forget({"driver_id": 1001}, ["stat"])


def test_nothing_is_erased_as_of_an_earlier_version(store, files):
    with FeatureStore(files.path, clock=files.clock, version=1) as pinned:
        with pytest.raises(RequestError, match="an earlier version of the catalog is read-only"):
            pinned.forget({"driver_id": 1001})
        assert rows(pinned.plan_forget({"driver_id": 1001}))["stats"] == 1


def test_after_a_failure_half_way_forgetting_again_erases_the_rest(store, files):
    broken = FaultyStores({"online": {"delete": [None, raises()]}}).around(files.store())
    with pytest.raises(StoreError):
        broken.forget({"driver_id": 1001})
    assert rows(store.plan_forget({"driver_id": 1001})) == {"renamed": 0, "stats": 1}
    assert broken.forget({"driver_id": 1001}).rows == 1
    assert store.plan_forget({"driver_id": 1001}).rows == 0


def test_a_row_that_comes_between_looking_and_erasing_is_erased(store, files):
    def pushed(call, args):
        answer = call(*args)
        store.materialize("2026-01-01", "2026-03-01T12:00")
        return answer

    store.forget({"driver_id": 1001})
    late = FaultyStores({"online": {"read_many": [pushed]}}).around(files.store())
    assert late.forget({"driver_id": 1001}).rows == 0
    assert served(store, "stats", driver_id=1001) is None
