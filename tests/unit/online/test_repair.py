"""Repairing entities in place: their online rows are made equal to the offline store's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pandas as pd
import pyarrow as pa
import pytest

from provender import Entity, FeatureStore, FeatureView, Field, FileSource, PushSource
from provender.catalog.catalog import decode, encode
from provender.errors import NotFound, RequestError, StoreError
from provender.online.keys import KeyCodec
from provender.plugin import OnlineStore
from provender.plugin.loading.loader import Plugins
from provender.repair import RepairReport
from provender.tables.preparing import Preparing
from provender.testing.faults import raises
from provender.testing.faults.plugin import FaultyStores
from provender.types import Int64

DRIVER, CUSTOMER = Entity("driver", join_keys=["driver_id"]), Entity("customer", join_keys=["c_id"])
NOT_CACHED = {"path": "registry.db", "write_cache_ttl_seconds": 0}
ALL = [{"driver_id": n} for n in (1, 2, 3)]


def view(name="stats", *entities, created=None, file=None, **more):
    file = file or f"{name}.parquet"
    source = FileSource(file, timestamp_field="ts", created_timestamp_column=created)
    return FeatureView(name, source=source, entities=list(entities or [DRIVER]), **more)


def loaded(repository, columns, *views):
    """Return a store whose views were applied, and loaded up to noon."""
    repository.rows("stats.parquet", columns)
    store = repository.store()
    store.apply([DRIVER, *(views or [view()])])
    store.materialize_incremental(repository.clock())
    return store


@pytest.fixture
def store(repository, instants):
    """What the issue saw: a wrong newest row, a value to mend, a row to be removed."""
    columns = {
        "driver_id": [1, 1, 2, 3],
        "ts": instants(8, 7, 6, 5),
        "wind": [10, 999, 20, 30],
        "gust": [1, 2, 3, 4],
    }
    return loaded(repository, columns)


def mend(repository, instants):
    """Write the source as it should have been."""
    columns = {"driver_id": [1, 2], "ts": instants(8, 6), "wind": [10, 21], "gust": [1, None]}
    columns["gust"] = pa.array(columns["gust"], pa.int64())
    repository.rows("stats.parquet", columns)


def served(store, *ids, features=("stats",)):
    return store.get_online_features(list(features), {"driver_id": list(ids)}).to_dict()


def row_of(store, number, name="stats"):
    (key,) = KeyCodec([("driver_id", Int64)]).encode_values({"driver_id": [number]}, 1)
    (found,) = store.stores.online.read(store.refresh().view(name).table, [key])
    return found


def write_online(store, number, hours_ago, wind, repository):
    """Push a row that is in no source."""
    ts = repository.clock() - timedelta(hours=hours_ago)
    row = {"driver_id": number, "ts": ts, "wind": wind, "gust": 0}
    store.write_to_online_store("stats", [row])


def test_what_was_wrong_once_is_taken_back(store, repository, instants):
    mend(repository, instants)
    start = repository.clock() - timedelta(hours=20)
    store.materialize(start, repository.clock())
    assert served(store, 1, 2, 3)["wind"] == [999, 21, 30], "newest wins"
    (report,) = store.repair(ALL)
    assert report == RepairReport("stats", 3, equal=1, replaced=1, deleted=1)
    assert served(store, 1, 2, 3) == {
        "driver_id": [1, 2, 3],
        "wind": [10, 21, None],
        "gust": [1, None, None],
    }
    assert row_of(store, 3) is None
    assert store.repair(ALL) == [RepairReport("stats", 3, equal=3)]


def test_values_that_were_mended_at_the_same_instant_and_new_rows(store, repository, instants):
    mend(repository, instants)
    (report,) = asyncio.run(store.repair_async([{"driver_id": 2}, {"driver_id": 9}]))
    assert report == RepairReport("stats", 2, equal=1, written=1)
    assert served(store, 1, 2, 3)["wind"] == [999, 21, 30], "no other entity is touched"
    columns = {"driver_id": [2, 9], "ts": instants(2, 1), "wind": [22, 90], "gust": [0, 0]}
    repository.rows("stats.parquet", columns)
    (report,) = store.repair([{"driver_id": 2}, {"driver_id": 9}])
    assert report == RepairReport("stats", 2, written=2)
    assert served(store, 2, 9)["wind"] == [22, 90]


def test_rows_with_a_created_timestamp_and_too_old_ones(repository, instants):
    """A row that was created earlier wins when the later one is gone; the ttl is looked at."""
    columns = {
        "driver_id": [1, 1, 2],
        "ts": instants(5, 5, 3),
        "made": instants(5, 4, None),
        "wind": [10, 11, 20],
    }
    ttl = timedelta(hours=6)
    store = loaded(repository, columns, view(created="made", ttl=ttl))
    assert served(store, 1, 2)["wind"] == [11, 20]
    repository.rows("stats.parquet", {n: v[:1] for n, v in columns.items()})
    assert store.repair(ALL) == [RepairReport("stats", 3, equal=1, replaced=1, deleted=1)]
    assert served(store, 1, 2)["wind"] == [10, None]
    repository.clock.advance(hours=1)
    assert store.repair(ALL) == [RepairReport("stats", 3, equal=3)], "just as old as it may be"
    repository.clock.advance(seconds=1)
    assert store.repair(ALL) == [RepairReport("stats", 3, equal=2, deleted=1)]


def test_rows_that_were_only_pushed_online_go(repository, instants):
    source = PushSource("live", FileSource("stats.parquet", timestamp_field="ts"))
    live = FeatureView("stats", source=source, entities=[DRIVER])
    store = loaded(repository, {"driver_id": [1], "ts": instants(8), "wind": [10]}, live)
    now = repository.clock()
    store.push("live", [{"driver_id": n, "ts": now, "wind": 7} for n in (1, 2)])
    assert store.repair(ALL) == [RepairReport("stats", 3, equal=1, replaced=1, deleted=1)]
    assert served(store, 1, 2)["wind"] == [10, None]


def test_a_push_source_without_rows_so_far(repository):
    source = PushSource("live", FileSource("rows", timestamp_field="ts"))
    schema = [Field(name, Int64) for name in ("driver_id", "wind")]
    store = repository.store()
    store.apply([DRIVER, FeatureView("stats", source=source, entities=[DRIVER], schema=schema)])
    store.push("live", [{"driver_id": 1, "ts": repository.clock(), "wind": 7}])
    assert store.repair(ALL) == [RepairReport("stats", 3, equal=2, deleted=1)]


def test_the_views_are_those_whose_join_keys_are_all_given(repository, instants):
    columns = {"driver_id": [1], "c_id": [7], "ts": instants(1)}
    for name in ("stats", "trips", "customers"):
        repository.rows(f"{name}.parquet", {**columns, f"{name}_value": [1]})
    store = repository.store()
    trips, customers = view("trips", DRIVER, CUSTOMER), view("customers", CUSTOMER)
    offline = view("offline", file="stats.parquet", online=False)
    store.apply([DRIVER, CUSTOMER, view(), trips, customers, offline])
    both = {"driver_id": [1, 1, 1], "c_id": [7, 8, 7]}
    assert store.repair(pa.table(both)) == [
        RepairReport("customers", 2, equal=1, written=1),
        RepairReport("stats", 1, written=1),
        RepairReport("trips", 2, equal=1, written=1),
    ]
    assert [r.view for r in store.repair({"driver_id": [1]})] == ["stats"]
    frame = pd.DataFrame({**both, "c_id": [7.0, 8.0, 7.0]})
    assert store.repair(frame, ["trips"]) == [RepairReport("trips", 2, equal=2)]
    with pytest.raises(RequestError, match="lacks join keys of feature view 'trips'"):
        store.repair({"driver_id": [1]}, ["stats", "trips"])


@pytest.mark.parametrize(
    ("entities", "views", "fact"),
    [
        ([], None, "the join keys of the entities are needed"),
        (7, None, "the rows have an unsupported type"),
        ([{"driver": 1}], None, "no online feature view has the join key 'driver'"),
        ([{"driver_id": 1, "wind": 3}], ["stats"], "has the join key 'wind'"),
        ([{"driver_id": 1}, {"driver_id": None}], None, "join key 'driver_id' is null in row 1"),
        ({"driver_id": [1, "2"]}, None, "column 'driver_id' is of the wrong type in row 1"),
        (pa.table({"driver_id": ["1"]}), None, "column 'driver_id' is of the wrong type"),
        ([{"driver_id": 1}], "stats", "'stats'"),
    ],
)
def test_entities_that_do_not_fit_change_nothing(
    store, repository, instants, entities, views, fact
):
    mend(repository, instants)
    with pytest.raises(RequestError) as caught:
        store.repair(entities, views)
    assert fact in str(caught.value)
    assert served(store, 1, 2, 3)["wind"] == [999, 20, 30]


def test_entities_that_lack_keys_of_every_view(repository, instants):
    columns = {"driver_id": [1], "c_id": [7], "ts": instants(1), "value": [1]}
    repository.rows("trips.parquet", columns)
    store = repository.store()
    store.apply([DRIVER, CUSTOMER, view("trips", DRIVER, CUSTOMER)])
    with pytest.raises(RequestError, match="lack join keys of feature view 'trips'") as caught:
        store.repair(ALL)
    assert "c_id" in str(caught.value)


def test_nothing_is_repaired_as_of_an_earlier_version_or_in_an_unknown_view(store, repository):
    with pytest.raises(NotFound, match="no feature view 'stat'"):
        store.repair(ALL, ["stat"])
    with (
        FeatureStore(repository.path, clock=repository.clock, version=1) as pinned,
        pytest.raises(RequestError, match="an earlier version of the catalog is read-only"),
    ):
        pinned.repair(ALL)


def test_a_store_that_cannot_delete_changes_nothing(store, repository, instants):
    def cannot(call, args):
        return OnlineStore.delete(call.__self__, *args)

    mend(repository, instants)
    other = FaultyStores({"online": {"delete": [cannot] * 9}}).around(repository.store())
    with pytest.raises(StoreError, match="cannot delete rows by their keys"):
        other.repair(ALL)
    assert served(store, 1, 2, 3)["wind"] == [999, 20, 30]


def test_an_end_in_the_past_counts_and_the_next_run_loads_what_is_later(
    store, repository, instants
):
    end = repository.clock() - timedelta(hours=7.5)
    assert store.repair(ALL, end_date=end) == [
        RepairReport("stats", 3, replaced=1, deleted=2),
    ]
    assert served(store, 1, 2, 3)["wind"] == [10, None, None]
    store.materialize_incremental(repository.clock())
    assert served(store, 1, 2, 3)["wind"] == [999, 20, 30]
    later = repository.clock() + timedelta(hours=9)
    assert store.repair(ALL, end_date=later) == [RepairReport("stats", 3, equal=3)]


def test_more_entities_than_are_looked_at_together(repository, instants):
    numbers = list(range(1_000))
    ts = instants(*[1] * 1_000)
    repository.configure(materialization={"batch_rows": 300})
    store = loaded(repository, {"driver_id": numbers, "ts": ts, "wind": numbers})
    half = {"driver_id": numbers[::2], "ts": ts.slice(0, 500), "wind": [7] * 500}
    repository.rows("stats.parquet", half)
    report = RepairReport("stats", 1_000, written=500, deleted=500)
    assert store.repair({"driver_id": numbers}) == [report]
    assert served(store, 0, 1, 998, 999)["wind"] == [7, None, 7, None]


# --- In every table ---------------------------------------------------------------------------


def announce(store, **changes):
    """Commit that the next generation of the view is being filled, or is read now."""
    registry, name = store.stores.registry, store.history.document_name
    found = registry.read(name)
    document = decode(found.payload, name)
    document["views"] = {n: dict(view) for n, view in document["views"].items()}
    stats = document["views"]["stats"]
    document = {**document, "filling": {"stats": {**stats, "generation": 1, **changes}}}
    registry.write(name, encode(document), found.version)
    return store.refresh()


def switch(store):
    """Commit that what was being filled is read now."""
    registry, name = store.stores.registry, store.history.document_name
    found = registry.read(name)
    document = decode(found.payload, name)
    views = {n: dict(view) for n, view in document["views"].items()}
    views["stats"] = document["filling"]["stats"]
    registry.write(name, encode({**document, "views": views, "filling": {}}), found.version)


def wrong_row(store, table):
    """Put a wrong row of driver 3 into a table."""
    row = row_of(store, 3)
    store.stores.online.prepare([table])
    store.stores.online.write(table, [(row[0], row[1] + 9, *row[2:])])
    return row[0]


def test_the_table_that_is_being_filled_is_repaired_too(store, repository, instants):
    filling = announce(store).view_being_filled("stats").table
    key = wrong_row(store, filling)
    mend(repository, instants)
    assert store.repair(GONE) == [RepairReport("stats", 1, deleted=1)]
    assert store.stores.online.read(filling, [key]) == [None]
    assert served(store, 3)["wind"] == [None]


def test_a_table_that_is_being_filled_under_other_keys_is_left(store, repository, instants):
    keys = [["customer", "c_id", "Int64"]]
    filling = announce(store, keys=keys).view_being_filled("stats").table
    key = wrong_row(store, filling)
    mend(repository, instants)
    store.repair(GONE)
    assert store.stores.online.read(filling, [key]) != [None]


def test_a_table_that_is_read_by_the_end_of_a_long_repair_is_repaired_too(
    store, repository, instants
):
    """The table before is noted, to be dropped: it may have been prepared again."""

    def rebuilt():
        filling = announce(store).view_being_filled("stats").table
        keys.append((filling, wrong_row(store, filling)))
        switch(store)

    keys = []
    mend(repository, instants)
    repository.configure(registry=NOT_CACHED)
    other = interrupted(repository, {"online": {"prepare": [before(rebuilt)]}})
    assert other.repair(GONE) == [RepairReport("stats", 1, deleted=1)]
    ((table, key),) = keys
    assert store.stores.online.read(table, [key]) == [None]
    noted = Preparing("test", store.stores.registry, repository.clock).all()
    assert [table.name for table in noted] == ["test.stats.0"]


def test_a_view_that_is_removed_during_its_repair_leaves_no_table(store, repository, instants):
    def removed():
        store.apply([DRIVER], partial=False, allow_data_loss=True)

    mend(repository, instants)
    repository.configure(registry=NOT_CACHED)
    other = interrupted(repository, {"online": {"prepare": [before(removed)]}})
    assert other.repair(GONE) == [RepairReport("stats", 1, equal=1)]
    noted = Preparing("test", store.stores.registry, repository.clock).all()
    assert [table.name for table in noted] == ["test.stats.0"]


# --- While others write ---------------------------------------------------------------------


def interrupted(repository, script):
    """Return a second store in which something happens during calls of the online store."""
    return FaultyStores(script).around(repository.store())


def before(work):
    """Return what does `work` before the call."""

    def fault(call, args):
        work()
        return call(*args)

    return fault


SWAPPED = [{"driver_id": 1}]
GONE = [{"driver_id": 3}]


def test_a_newer_row_that_comes_before_the_swap_stays(store, repository, instants):
    mend(repository, instants)
    push = before(lambda: write_online(store, 1, 1, 500, repository))
    other = interrupted(repository, {"online": {"swap": [push]}})
    assert other.repair(SWAPPED) == [RepairReport("stats", 1, kept=1)]
    assert served(store, 1)["wind"] == [500]


def test_a_row_that_was_pushed_to_both_while_it_was_repaired_is_equal(store, repository, instants):
    """The second look finds it offline too."""

    def push():
        columns = {"driver_id": [1], "ts": instants(1), "wind": [500], "gust": [0]}
        repository.rows("stats.parquet", columns)
        write_online(store, 1, 1, 500, repository)

    mend(repository, instants)
    other = interrupted(repository, {"online": {"swap": [before(push)]}})
    assert other.repair(SWAPPED) == [RepairReport("stats", 1, equal=1)]


def test_a_row_that_was_erased_before_the_swap_is_written(store, repository, instants):
    mend(repository, instants)
    erase = before(lambda: store.forget({"driver_id": 1}))
    other = interrupted(repository, {"online": {"swap": [erase]}})
    assert other.repair(SWAPPED) == [RepairReport("stats", 1, written=1)]
    assert served(store, 1)["wind"] == [10]


def test_another_repair_of_the_same_row_and_a_source_that_was_mended_again(
    store, repository, instants
):
    def repaired():
        columns = {"driver_id": [1], "ts": instants(8), "wind": [11], "gust": [1]}
        repository.rows("stats.parquet", columns)
        store.repair(SWAPPED)

    mend(repository, instants)
    other = interrupted(repository, {"online": {"swap": [before(repaired)]}})
    assert other.repair(SWAPPED) == [RepairReport("stats", 1, equal=1)]
    assert served(store, 1)["wind"] == [11]


def test_a_newer_row_that_comes_before_the_write_stays(store, repository, instants):
    mend(repository, instants)
    push = before(lambda: write_online(store, 2, 1, 500, repository))
    other = interrupted(repository, {"online": {"write": [push]}})
    assert other.repair([{"driver_id": 2}]) == [RepairReport("stats", 1, kept=1)]
    assert served(store, 2)["wind"] == [500]


@pytest.mark.parametrize("call", ["historical", "read"])
def test_a_row_that_comes_after_the_first_look_is_not_deleted(store, repository, instants, call):
    """The first row of its key too, while the offline store is read or just before the delete."""
    mend(repository, instants)
    push = before(lambda: write_online(store, 3, 1, 500, repository))
    script = {"online": {"read": [None, push]}} if call == "read" else {"offline": {call: [push]}}
    other = interrupted(repository, script)
    assert other.repair(GONE) == [RepairReport("stats", 1, kept=1)]
    assert served(store, 3)["wind"] == [500]


def test_the_first_row_of_a_key_that_comes_while_another_is_looked_at_again(
    store, repository, instants
):
    mend(repository, instants)
    push = before(lambda: [write_online(store, n, 1, 500, repository) for n in (3, 7)])
    other = interrupted(repository, {"offline": {"historical": [push]}})
    report = RepairReport("stats", 2, equal=1, kept=1)
    assert other.repair([{"driver_id": 3}, {"driver_id": 7}]) == [report]
    assert served(store, 3, 7)["wind"] == [500, 500]


def test_a_row_that_can_never_be_swapped_is_an_error(store, repository, instants):
    """It is the same at each look, so that nobody can say that it came meanwhile."""
    mend(repository, instants)
    other = interrupted(repository, {"online": {"swap": [lambda call, args: False] * 9}})
    with pytest.raises(StoreError, match="changed each time they were repaired") as caught:
        other.repair(SWAPPED)
    assert "1 of them, 5 times" in str(caught.value)


@pytest.fixture
def no_swap(monkeypatch):
    """Let the online store be one that does not claim to swap."""
    found = Plugins.store_type

    def store_type(self, role):
        kind = found(self, role)
        return replace(kind, capabilities=kind.capabilities - {"swap"})

    monkeypatch.setattr(Plugins, "store_type", store_type)


@pytest.mark.usefixtures("no_swap")
def test_a_store_that_cannot_swap_deletes_and_writes(store, repository, instants):
    mend(repository, instants)
    never = interrupted(repository, {"online": {"swap": [raises()] * 9}})
    report = RepairReport("stats", 3, written=1, replaced=1, deleted=1)
    assert never.repair(ALL) == [report]
    assert served(store, 1, 2, 3)["wind"] == [10, 21, None]


@pytest.mark.usefixtures("no_swap")
@pytest.mark.parametrize("call", ["read", "write"])
def test_without_swap_a_row_stays_that_comes_before_the_delete_or_after_it(
    store, repository, instants, call
):
    mend(repository, instants)
    push = before(lambda: write_online(store, 1, 1, 500, repository))
    script = {"read": [None, push]} if call == "read" else {"write": [push]}
    other = interrupted(repository, {"online": script})
    assert other.repair(SWAPPED) == [RepairReport("stats", 1, kept=1)]
    assert served(store, 1)["wind"] == [500]


@pytest.mark.parametrize("call", ["delete", "swap", "write"])
def test_after_a_failure_half_way_repairing_again_does_the_rest(store, repository, instants, call):
    mend(repository, instants)
    faults = [None, raises()] if call == "delete" else [raises()]
    other = interrupted(repository, {"online": {call: faults}})
    with pytest.raises(StoreError):
        other.repair(ALL)
    other.repair(ALL)
    assert served(store, 1, 2, 3)["wind"] == [10, 21, None]
