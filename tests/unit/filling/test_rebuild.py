"""A rebuild makes what is online equal to the source, at once and without a gap."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from mended_source import (
    AFTER,
    BEFORE,
    DRIVER,
    DRIVERS,
    MENDED,
    WRONG,
    after_each,
    at,
    served,
    values,
    view,
)
from provender import PushSource
from provender.errors import (
    Conflict,
    DataLoss,
    MaterializeError,
    NotFound,
    ProvenderError,
    RequestError,
)
from provender.materialize import MaterializeObserver
from provender.online.keys import KeyCodec
from provender.plugin import OnlineTable
from provender.testing.faults import raises, times_out
from provender.types import Int64

CALLS = [
    *[("registry", "read", n) for n in range(1, 22)],
    *[("registry", "write", n) for n in (1, 2)],
    *[("registry", "replace", n) for n in range(1, 8)],
    *[("online", "prepare", n) for n in range(1, 5)],
    *[("online", "write", n) for n in (1, 2)],
    *[("offline", "latest", n) for n in (1, 2, 3)],
]
"""Each call of a store that a rebuild of one view makes, as role, method and number."""


def calls_of(store):
    """Return the calls that a store with faults got, as role, method and number."""
    found = []
    for role in ("registry", "online", "offline"):
        counts: dict[str, int] = {}
        for call in getattr(store.stores, role).calls:
            counts[call.method] = counts.get(call.method, 0) + 1
            found.append((role, call.method, counts[call.method]))
    return found


@pytest.mark.parametrize("created", [None, "created"])
def test_what_was_mended_in_the_source_is_mended_online(project, instants, created):
    more = {"created": instants(*[1] * len(WRONG))} if created else {}
    project.rows(WRONG, **more)
    project.store().apply([DRIVER, view(created=created)])
    project.load()
    assert project.online() == BEFORE
    more = {"created": instants(*[1] * len(MENDED))} if created else {}
    project.rows(MENDED, **more)
    (report,) = project.store().rebuild(["stats"])
    assert (report.view, report.generation, report.rows) == ("stats", 1, 5)
    assert project.online() == AFTER
    (again,) = project.load()
    assert (again.read, again.rows) == (0, 0) or again.rows == 0, "the ledger knows what is there"
    assert project.online() == AFTER


def test_a_run_alone_leaves_what_is_newer_online(mended):
    noon = mended.clock()
    mended.store().materialize(noon - timedelta(days=1), noon)
    assert mended.online() != AFTER


def test_several_views_are_switched_by_one_commit(project):
    for name in ("stats", "more"):
        project.rows(WRONG, view=name)
    project.store().apply([DRIVER, view(), view("more")])
    project.load()
    for name in ("stats", "more"):
        project.rows(MENDED, view=name)
    store = project.store()
    before = store.catalog.version
    assert [report.view for report in store.rebuild()] == ["more", "stats"]
    assert store.refresh().version == before + 2, "the announcement and the switch"
    assert [commit.message for commit in store.history.commits(2)] == [
        "Rebuilt more, stats",
        "Rebuild more, stats",
    ]
    assert project.online() == project.online(view="more") == AFTER


def test_a_view_that_fails_is_read_as_before_and_the_others_are_rebuilt(project):
    for name in ("stats", "more"):
        project.rows(WRONG, view=name)
    project.store().apply([DRIVER, view(), view("more")])
    project.load()
    project.rows(MENDED)
    store = project.store({"offline": {"latest": [raises()]}})  # that of view "more"
    with pytest.raises(MaterializeError, match="1 of 2 feature views"):
        store.rebuild()
    assert project.online() == AFTER
    assert project.online(view="more") == BEFORE
    assert store.refresh().document["filling"] == {}


def test_what_is_asked_for_is_checked_before_anything_is_done(mended):
    store = mended.store()
    version = store.catalog.version
    with pytest.raises(NotFound, match="nope"):
        store.rebuild(["nope"])
    with pytest.raises(RequestError, match="timestamp"):
        store.rebuild(["stats"], "yesterday")
    with pytest.raises(RequestError, match="read-only"):
        type(store)(mended.repository.path, version=1).rebuild(["stats"])
    assert store.refresh().version == version


def test_rows_after_the_end_are_not_loaded_and_come_with_the_next_run(mended):
    mended.store().rebuild(["stats"], mended.clock() - timedelta(hours=5))
    assert mended.online() == {1: 10, 2: 21, 4: 40, 6: None}
    mended.load()
    assert mended.online() == AFTER


# --- Readers ------------------------------------------------------------------------------


def test_readers_see_the_old_rows_or_the_new_ones_at_every_step(mended):
    """Prepared readers, new readers, and readers that hold an old catalog."""
    project = mended
    holders = [project.store() for _ in range(3)]
    prepared = [store.prepare(["stats:v"]) for store in holders]
    rows = {"driver_id": DRIVERS}
    assert [values(reader.read(rows)) for reader in prepared] == [BEFORE] * 3
    seen = []

    def look():
        seen.append(project.online())
        assert seen[-1] in (BEFORE, AFTER)
        for reader in prepared:
            assert values(reader.read(rows)) in (BEFORE, AFTER)

    looks = [after_each(look)] * 200
    scripts = {
        "registry": {"write": looks, "replace": looks, "delete": looks},
        "online": {"prepare": looks, "write": looks, "drop": looks},
        "offline": {"latest": looks},
    }
    project.store(scripts).rebuild(["stats"])
    assert len(seen) > 6
    assert seen == sorted(seen, key=lambda found: found == AFTER), "never back"
    assert seen[0] == BEFORE
    assert seen[-1] == AFTER
    for reader, store in zip(prepared, holders, strict=True):
        assert values(reader.read(rows)) == BEFORE, "the old table is there for who holds it"
        store.refresh()
        assert values(reader.read(rows)) == AFTER


def test_each_table_is_counted_while_it_is_filled_and_until_it_is_dropped(mended):
    seen = []

    def look():
        figures = mended.store().online_figures(["stats"])
        seen.append([(one.generation, one.waiting) for one in figures])

    mended.store({"online": {"write": [after_each(look)]}}).rebuild(["stats"])
    look()
    mended.clock.advance(days=1)
    mended.load()
    look()
    assert seen == [[(0, False), (1, True)], [(1, False), (0, True)], [(1, False)]]


def test_the_old_table_goes_when_no_reader_can_hold_it(mended):
    old = mended.tables()
    mended.store().rebuild(["stats"])
    both = mended.tables()
    assert set(old) < set(both)
    mended.clock.advance(seconds=600)
    mended.load()
    assert mended.tables() == both, "a reader may hold the catalog for twice its time"
    mended.clock.advance(seconds=700)
    mended.load()
    assert len(mended.tables()) == len(old)
    assert not set(mended.tables()) & set(old)
    assert mended.documents() == ["ledger/stats.1"]
    assert mended.online() == AFTER


def test_a_reader_as_of_an_earlier_version_reads_the_rows_that_are_online(mended):
    version = mended.store().catalog.version
    mended.store().rebuild(["stats"])
    mended.clock.advance(days=1)
    mended.load()
    pinned = type(mended.store())(mended.repository.path, version=version)
    with pinned:
        assert served(pinned) == AFTER


# --- Faults -------------------------------------------------------------------------------


def test_the_calls_of_a_rebuild_are_those_at_which_faults_are_tried(mended):
    store = mended.store({})
    store.rebuild(["stats"])
    assert not set(calls_of(store)) - set(CALLS)


@pytest.mark.values(12)
@pytest.mark.parametrize("fault", [raises(), times_out(done=True)], ids=["raises", "lost"])
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]} {call[2]}")
def test_a_fault_at_any_call_leaves_the_old_rows_or_the_new_ones(mended, call, fault):
    """And a second rebuild mends it; nothing is left over."""
    with suppress(ProvenderError):
        mended.store(at(call, fault)).rebuild(["stats"])
    assert mended.online() in (BEFORE, AFTER)
    mended.load()
    assert mended.online() in (BEFORE, AFTER)
    mended.store().rebuild(["stats"])
    assert mended.online() == AFTER
    assert mended.store().catalog.document["filling"] == {}
    mended.clock.advance(days=1)
    mended.load()
    assert len(mended.tables()) == 1
    assert len(mended.documents()) == 1


def test_of_two_rebuilds_the_later_one_wins(mended):
    other = mended.store()
    first = mended.store({"offline": {"latest": [after_each(lambda: other.rebuild(["stats"]))]}})
    with pytest.raises(Conflict, match="another command changed or rebuilds"):
        first.rebuild(["stats"])
    assert mended.online() == AFTER
    mended.clock.advance(days=1)
    mended.load()
    assert len(mended.tables()) == 1


def test_an_apply_in_between_wins(mended):
    from provender import Field
    from provender.types import String

    changed = view(extra=[Field("w", String)])
    mended.rows(MENDED, w=["a"] * len(MENDED))
    other = mended.store()
    first = mended.store({"offline": {"latest": [after_each(lambda: other.apply([changed]))]}})
    with pytest.raises(Conflict, match="'stats'"):
        first.rebuild(["stats"])
    assert mended.online() == BEFORE
    assert mended.store().catalog.document["filling"] == {}
    mended.store().rebuild(["stats"])
    assert mended.online() == AFTER


def test_an_apply_of_another_view_in_between_changes_nothing(mended):
    mended.rows(WRONG, view="more")
    other = mended.store()
    apply = after_each(lambda: other.apply([DRIVER, view("more")]))
    mended.store({"offline": {"latest": [apply]}}).rebuild(["stats"])
    assert mended.online() == AFTER
    assert mended.store().catalog.view_names == ["more", "stats"]


def test_an_apply_gives_up_what_nobody_fills_any_longer(mended):
    killed = mended.store({"offline": {"latest": [raises(KeyboardInterrupt())]}})
    killed.stores.registry.follow({"write": [None, *[raises()] * 9], "replace": [None, raises()]})
    with pytest.raises(KeyboardInterrupt):
        killed.rebuild(["stats"])
    assert mended.store().catalog.document["filling"], "it could not be taken back"
    mended.store().apply([DRIVER, view()])
    assert mended.store().catalog.document["filling"], "somebody may still be filling it"
    mended.clock.advance(hours=2)
    mended.store().apply([DRIVER, view()])
    assert mended.store().catalog.document["filling"] == {}
    assert len(mended.tables()) == 1
    assert mended.online() == BEFORE


def test_a_teardown_drops_what_is_being_filled(mended):
    other = mended.store()
    torn = after_each(other.teardown)
    with pytest.raises(ProvenderError):
        mended.store({"offline": {"latest": [torn]}}).rebuild(["stats"])
    assert mended.documents() == []


def test_a_reader_that_holds_the_old_catalog_sees_what_is_pushed_after_the_switch(mended):
    holder = mended.store()
    prepared = holder.prepare(["stats:v"])
    rows = {"driver_id": DRIVERS}
    mended.store().rebuild(["stats"])

    def push(value):
        row = {"driver_id": 2, "ts": mended.clock(), "v": value}
        mended.store().write_to_online_store("stats", [row])

    push(70)
    assert values(prepared.read(rows)) == {**BEFORE, 2: 70}
    assert mended.online() == {**AFTER, 2: 70}
    mended.clock.advance(seconds=1200)  # nobody holds it any longer
    push(71)
    assert values(prepared.read(rows))[2] == 70
    assert mended.online()[2] == 71
    mended.clock.advance(seconds=120)
    mended.load()
    assert len(mended.tables()) == 1


def test_a_reader_that_holds_the_old_catalog_sees_what_is_repaired_after_the_switch(mended):
    holder = mended.store()
    prepared = holder.prepare(["stats:v"])
    mended.store().rebuild(["stats"])
    mended.rows([(1, 8, 10), (2, 9, 22)])
    (report,) = mended.store().repair([{"driver_id": 2}, {"driver_id": 4}])
    assert (report.written, report.deleted) == (1, 1)
    assert values(prepared.read({"driver_id": DRIVERS})) == {1: 999, 2: 22, 3: 30, 5: 50, 6: 60}
    assert mended.online() == {1: 10, 2: 22, 5: 51, 6: None}
    mended.clock.advance(seconds=1300)
    mended.load()
    assert len(mended.tables()) == 1, "it is dropped when it was to be dropped"


def test_somebody_may_agree_to_a_loss_when_it_is_known(pushed):
    asked = []

    class Asked(MaterializeObserver):
        def accepts_loss(self, view, loss):
            asked.append((view, loss.got))
            return len(asked) > 1

    push(pushed.store(), 4, 44)
    with pytest.raises(DataLoss):
        pushed.store().rebuild(["stats"], observer=Asked())
    assert pushed.online() == {**BEFORE, 4: 44}
    pushed.store().rebuild(["stats"], observer=Asked())
    assert pushed.online() == AFTER
    assert [view for view, _ in asked] == ["stats", "stats"]


# --- Pushes and runs in between -----------------------------------------------------------


@pytest.fixture
def pushed(project):
    """A view that rows are pushed to."""
    project.rows(WRONG)
    project.store().apply([DRIVER, view(pushed=True)])
    project.load()
    project.rows(MENDED)
    return project


def push(store, driver, value, to="online", hours=0, **more):
    ts = store.stores.clock() - timedelta(hours=hours)
    rows = [{"driver_id": driver, "ts": ts, "v": value}]
    store.push("stats_events", rows, to=to, **more)


@pytest.mark.values(12)
@pytest.mark.parametrize("cached", [False, True], ids=["fresh", "cached"])
@pytest.mark.parametrize("to", ["online", "both"])
@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call[0]} {call[1]} {call[2]}")
def test_a_push_at_any_call_is_online_after_a_rebuild(pushed, call, to, cached):
    """One that is only online and came before the announcement is subject to consent."""
    pusher = pushed.store()
    pusher.prepare(["stats:v"])  # it holds a catalog
    announced = []

    def pushing():
        announced.append(bool(pushed.store().catalog.document["filling"]))
        push(pusher, 3, 1000, to, allow_registry_cache=cached)

    pushed.store(at(call, after_each(pushing))).rebuild(["stats"], allow_data_loss=True)
    safe = announced and (announced[0] or to == "both")
    assert not safe or pushed.online()[3] == 1000
    pushed.load()
    assert not safe or pushed.online()[3] == 1000


def test_a_late_row_that_is_pushed_offline_in_between_is_not_lost(pushed):
    pusher = pushed.store()
    late = after_each(lambda: push(pusher, 3, 7, "offline", hours=11))
    pushed.store({"offline": {"latest": [late]}}).rebuild(["stats"], allow_data_loss=True)
    assert pushed.online() == {**AFTER, 3: 7}


def test_a_run_in_between_is_done_again(mended):
    """Its rows came after the rebuild had read the source, and are no longer looked for."""
    runner = mended.store()

    def late_rows():
        mended.rows([(3, 11, 7)], file="b")
        noon = mended.clock()
        runner.materialize(noon - timedelta(days=1), noon)

    mended.store({"offline": {"latest": [after_each(late_rows)]}}).rebuild(["stats"])
    assert mended.online() == {**AFTER, 3: 7}


def test_a_run_that_ends_after_the_switch_is_done_again(mended):
    """Its rows went to the table that was read when it began."""
    other = mended.store()

    def switched():
        if not mended.store().catalog.view("stats").generation:
            other.rebuild(["stats"])

    mended.rows([(3, 11, 7)], file="b")
    noon = mended.clock()
    runner = mended.store({"online": {"write": [after_each(switched)]}})
    runner.materialize(noon - timedelta(days=1), noon)
    assert mended.online() == {**AFTER, 3: 7}
    mended.clock.advance(days=1)
    mended.load()
    assert len(mended.tables()) == 1


# --- Rows that are only online ------------------------------------------------------------


def test_rows_that_are_only_online_are_kept_by_choice(pushed):
    push(pushed.store(), 3, 33)
    push(pushed.store(), 4, 44)
    (report,) = pushed.store().rebuild(["stats"], keep_pushed=True)
    assert report.kept >= 2
    assert pushed.online()[3] == 33
    assert pushed.online()[4] == 44
    assert pushed.online()[2] == 21, "a mended value of the same instant is of the source"


def test_rows_that_are_only_online_are_lost_only_with_consent(pushed):
    push(pushed.store(), 4, 44)
    version = pushed.store().catalog.version
    with pytest.raises(DataLoss) as error:
        pushed.store().rebuild(["stats"])
    assert "4 rows, such as that of {'driver_id': " in str(error.value)
    assert "--keep-pushed" in str(error.value)
    assert pushed.online() == {**BEFORE, 4: 44}
    with pytest.raises(DataLoss):
        pushed.store().rebuild(["stats"], allow_data_loss=["other"])
    (report,) = pushed.store().rebuild(["stats"], allow_data_loss=["stats"])
    assert (report.dropped, report.kept) == (4, 0)
    assert pushed.online() == AFTER
    assert pushed.store().catalog.version > version


def test_no_consent_is_needed_where_the_source_has_all_rows(project):
    project.rows(WRONG)
    project.store().apply([DRIVER, view(pushed=True)])
    project.load()
    push(project.store(), 4, 44, "both")
    (report,) = project.store().rebuild(["stats"])
    assert report.dropped == 0
    assert project.online() == {**BEFORE, 4: 44}


def test_rows_written_to_a_view_that_has_no_push_source_need_consent_too(mended):
    rows = [{"driver_id": 4, "ts": mended.clock(), "v": 44}]
    mended.store().write_to_online_store("stats", rows)
    with pytest.raises(DataLoss, match="4 rows"):
        mended.store().rebuild(["stats"])
    mended.store().rebuild(["stats"], keep_pushed=True)
    assert mended.online()[4] == 44
    with pytest.raises(DataLoss, match="rows"):
        mended.store().rebuild(["stats"])


def test_rows_past_their_ttl_are_nobodys_loss(project):
    project.rows([(4, 6, 40)])
    project.store().apply([DRIVER, view(pushed=True, ttl=timedelta(hours=2))])
    push(project.store(), 1, 1, hours=2.5)
    push(project.store(), 2, 2, hours=1)
    with pytest.raises(DataLoss, match="1 row, such as that of"):
        project.store().rebuild(["stats"])


def test_an_entity_that_is_forgotten_meanwhile_does_not_come_back(mended):
    """Its rows were removed from the source after the rebuild had read them."""
    other = mended.store()

    def forgotten():
        mended.rows([row for row in MENDED if row[0] != 4])
        other.forget({"driver_id": 4})

    mended.store({"online": {"write": [after_each(forgotten)]}}).rebuild(["stats"])
    assert 4 not in mended.online()


def test_an_entity_that_is_forgotten_and_pushed_again_meanwhile_is_there(pushed):
    other = pushed.store()

    def forgotten():
        other.forget({"driver_id": 4})
        push(other, 4, 45)

    store = pushed.store({"offline": {"latest": [after_each(forgotten)]}})
    store.rebuild(["stats"], allow_data_loss=True)
    assert pushed.online()[4] == 45
    assert pushed.store().stores.registry.read("test/removed/stats.1") is None


def test_an_entity_is_forgotten_in_tables_that_wait_to_be_dropped(mended):
    mended.store().rebuild(["stats"])
    old = OnlineTable("test", "stats", None, 0)
    key = KeyCodec([("driver_id", Int64)]).encode_values({"driver_id": [3]}, 1)
    store = mended.store()
    assert store.stores.online.read(old, key) != [None]
    report = store.forget({"driver_id": 3})
    assert report.erased[0].tables == ("test.stats.1", "test.stats.0")
    assert store.stores.online.read(old, key) == [None]


def test_an_entity_that_is_repaired_meanwhile_stays_so(mended):
    """What the rebuild had read of it before is not written over it."""
    other = mended.store()

    def repaired():
        mended.rows([(4, 9, 41)])
        other.repair([{"driver_id": 4}])

    mended.store({"online": {"write": [after_each(repaired)]}}).rebuild(["stats"])
    assert mended.online()[4] == 41


def test_a_definition_that_left_the_push_source_keeps_its_rows_safe(pushed):
    """The table still holds what was pushed."""
    push(pushed.store(), 4, 44)
    assert isinstance(pushed.store().catalog.view("stats").view.source, PushSource)
    pushed.store().apply([DRIVER, view()])
    with pytest.raises(DataLoss):
        pushed.store().rebuild(["stats"])
