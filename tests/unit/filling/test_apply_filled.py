"""An apply that fills leads from the old definitions and rows to the new ones in one step."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from mended_source import (
    BEFORE,
    DRIVER,
    DRIVERS,
    WRONG,
    after_each,
    at,
    served,
    values,
    view,
)
from provender import Entity, Field
from provender.errors import Conflict, DataLoss, MaterializeError, ProvenderError
from provender.testing.faults import raises, times_out
from provender.types import Float64, Int64, String

FLOATS = {driver: float(value) for driver, value in BEFORE.items()}


@pytest.fixture
def loaded(project):
    """A project with one view that is online."""
    project.rows(WRONG, w=["a"] * len(WRONG))
    project.store().apply([DRIVER, view()])
    project.load()
    return project


def kinds(found):
    return {type(value) for value in found.values()}


def test_a_breaking_change_is_served_at_once(loaded):
    plan = loaded.store().apply([view(dtype=Float64)], fill=True)
    assert plan.changes[0].impact == "breaking"
    assert loaded.online() == FLOATS
    assert kinds(loaded.online()) == {float}
    (report,) = loaded.load()
    assert report.rows == 0, "the ledger knows what is there"


def test_without_it_the_rows_are_missing_until_a_run(loaded):
    loaded.store().apply([view(dtype=Float64)])
    assert loaded.online() != FLOATS
    loaded.load()
    assert loaded.online() == FLOATS


def test_a_new_feature_is_there_at_once(loaded):
    loaded.store().apply([view(extra=[Field("w", String)])], fill=True)
    answer = loaded.store().get_online_features(["stats:v", "stats:w"], {"driver_id": DRIVERS})
    assert answer.to_dict()["w"] == ["a"] * 6
    assert values(loaded.store().get_online_features(["stats:v"], {"driver_id": DRIVERS})) == BEFORE


def test_new_views_and_longer_ttls_are_filled_too(loaded):
    loaded.rows(WRONG, view="more")
    loaded.store().apply([view(ttl=timedelta(hours=4))], fill=True)
    assert loaded.online()[5] == 50
    loaded.store().apply([view(), view("more")], fill=True)
    assert loaded.online() == BEFORE
    assert loaded.online(view="more") == BEFORE
    assert loaded.tables()


def test_another_key_is_filled_too(loaded):
    loaded.rows(WRONG, user=[f"u{n}" for n in range(len(WRONG))])
    prepared = loaded.store().prepare(["stats:v"])
    user = Entity(name="user", join_keys=["user"], value_type=String)
    changed = view(entities=[user])
    loaded.store().apply([user, changed], fill=True)
    answer = loaded.store().get_online_features(["stats:v"], {"user": ["u1", "u2"]})
    assert answer.to_dict()["v"] == [999, 20]
    loaded.rows(WRONG, view="more")
    loaded.store().apply([DRIVER, view("more")])
    assert values(prepared.read({"driver_id": DRIVERS})) == BEFORE, "who holds the old catalog"


def test_what_takes_only_features_away_fills_nothing(loaded):
    loaded.store().apply([view(extra=[Field("w", String)])], fill=True)
    before = loaded.tables()
    loaded.store().apply([view()], fill=True)
    assert loaded.tables() == before
    assert loaded.online() == BEFORE


def test_readers_see_the_old_rows_or_the_new_ones_at_every_step(loaded):
    holder = loaded.store()
    prepared = holder.prepare(["stats:v"])
    rows = {"driver_id": DRIVERS}
    seen = []

    def look():
        seen.append(loaded.online())
        assert kinds(seen[-1]) in ({int}, {float})
        assert seen[-1] == BEFORE, "no row is missing"
        assert values(prepared.read(rows)) == BEFORE

    looks = [after_each(look)] * 200
    scripts = {
        "registry": {"write": looks, "replace": looks, "delete": looks},
        "online": {"prepare": looks, "write": looks, "drop": looks},
        "offline": {"latest": looks},
    }
    loaded.store(scripts).apply([view(dtype=Float64)], fill=True)
    assert len(seen) > 6
    assert kinds(seen[-1]) == {float}
    assert kinds(values(prepared.read(rows))) == {int}, "the old table is there for who holds it"
    holder.refresh()
    assert kinds(values(prepared.read(rows))) == {float}
    loaded.clock.advance(days=1)
    loaded.load()
    assert len(loaded.tables()) == 1
    assert loaded.documents() == ["ledger/stats.1"]


CALLS = [
    *[("registry", "read", n) for n in range(1, 26, 2)],
    *[("registry", "write", n) for n in (1, 2, 3)],
    *[("registry", "replace", n) for n in range(1, 9)],
    *[("online", "prepare", n) for n in range(1, 6)],
    *[("online", "write", n) for n in (1, 2)],
    *[("offline", "latest", n) for n in (1, 2, 3)],
]


@pytest.mark.values(12)
@pytest.mark.parametrize("fault", [raises(), times_out(done=True)], ids=["raises", "lost"])
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]} {call[2]}")
def test_a_fault_at_any_call_changes_nothing_or_everything(loaded, call, fault):
    with suppress(ProvenderError):
        loaded.store(at(call, fault)).apply([view(dtype=Float64)], fill=True)
    store = loaded.store()
    kind = store.catalog.view("stats").feature("v").dtype
    assert loaded.online() == BEFORE
    assert kinds(loaded.online()) == ({int} if kind == Int64 else {float})
    loaded.store().apply([view(dtype=Float64)], fill=True)
    assert kinds(loaded.online()) == {float}
    assert loaded.store().catalog.document["filling"] == {}
    loaded.clock.advance(days=1)
    loaded.store().apply([view(dtype=Float64)])
    loaded.load()
    assert len(loaded.tables()) == 1
    assert len(loaded.documents()) == 1


def test_a_view_that_cannot_be_loaded_changes_nothing(loaded):
    loaded.rows(WRONG, view="more")
    store = loaded.store({"offline": {"latest": [raises()]}})
    version = store.catalog.version
    with pytest.raises(MaterializeError, match="1 of 2"):
        store.apply([view(dtype=Float64), view("more")], fill=True)
    assert loaded.online() == BEFORE
    assert kinds(loaded.online()) == {int}
    store = loaded.store()
    assert store.catalog.view_names == ["stats"]
    assert store.catalog.document["filling"] == {}
    assert store.catalog.version > version
    assert len(loaded.tables()) == 1


def test_others_who_change_the_same_view_win(loaded):
    other = loaded.store()
    changed = after_each(lambda: other.apply([view(extra=[Field("w", String)])]))
    with pytest.raises(Conflict, match="stats"):
        loaded.store({"offline": {"latest": [changed]}}).apply([view(dtype=Float64)], fill=True)
    assert loaded.online() == BEFORE
    assert loaded.store().catalog.document["filling"] == {}


@pytest.mark.parametrize("ends", [True, False], ids=["done", "interrupted"])
def test_a_rebuild_of_the_view_in_between_wins(loaded, ends):
    other = loaded.store({"offline": {"latest": [None if ends else raises(KeyboardInterrupt())]}})

    def rebuild():
        with suppress(KeyboardInterrupt):
            other.rebuild(["stats"])

    changed = after_each(rebuild)
    with pytest.raises(Conflict, match="stats"):
        loaded.store({"offline": {"latest": [changed]}}).apply([view(dtype=Float64)], fill=True)
    assert loaded.online() == BEFORE
    assert loaded.store().catalog.view("stats").feature("v").dtype == Int64


def test_a_plan_that_is_too_old_fills_nothing(loaded):
    store = loaded.store()
    plan = store.plan([view(dtype=Float64)])
    loaded.store().apply([view(extra=[Field("w", String)])])
    version = store.refresh().version
    with pytest.raises(Conflict, match="changed by somebody else"):
        store.apply(plan, fill=True)
    assert store.refresh().version == version


@pytest.mark.parametrize("dtype", [Int64, Float64, String])
def test_a_push_goes_to_both_tables_if_it_fits_both_definitions(project, dtype):
    project.rows(WRONG)
    project.store().apply([DRIVER, view(pushed=True, ttl=timedelta(hours=20))])
    project.load()
    pusher = project.store()

    def pushing():
        rows = [{"driver_id": 3, "ts": project.clock(), "v": 33}]
        pusher.push("stats_events", rows)
        assert project.online()[3] == 33

    if dtype == String:
        project.repository.rows("stats/a.parquet", strings(project))
    store = project.store({"offline": {"latest": [after_each(pushing)]}})
    store.apply([view(pushed=True, dtype=dtype)], fill=True, allow_data_loss=True)
    assert project.online()[3] == ("30" if dtype == String else 33)


def strings(project):
    import pyarrow.parquet as pq

    table = pq.read_table(project.repository.path / "stats/a.parquet")
    columns = {name: table.column(name) for name in table.column_names}
    return columns | {"v": table.column("v").cast("string")}


def test_rows_that_are_only_online_are_lost_only_with_consent(project):
    project.rows(WRONG)
    project.store().apply([DRIVER, view(pushed=True)])
    project.load()
    rows = [{"driver_id": 3, "ts": project.clock(), "v": 33}]
    project.store().push("stats_events", rows)
    changed = view(pushed=True, dtype=Float64)
    with pytest.raises(DataLoss, match="1 row, such as that of"):
        project.store().apply([changed], fill=True)
    assert project.online() == {**BEFORE, 3: 33}
    project.store().apply([changed], fill=True, allow_data_loss=["stats"])
    assert project.online() == FLOATS


def test_a_reader_as_of_the_version_before_still_finds_rows(loaded):
    version = loaded.store().catalog.version
    loaded.store().apply([view(extra=[Field("w", String)])], fill=True)
    loaded.clock.advance(days=1)
    loaded.load()
    with type(loaded.store())(loaded.repository.path, version=version) as pinned:
        assert served(pinned) == BEFORE


def test_a_rollback_fills_too(loaded):
    loaded.store().apply([view(dtype=Float64)], fill=True)
    loaded.store().rollback(1, fill=True)
    assert loaded.online() == BEFORE
    assert kinds(loaded.online()) == {int}
