"""A report says what became of each row: written, equal, or kept back since online is newer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from provender import Entity, FeatureView, Field, FileSource, PushSource
from provender.materialize import MaterializeObserver
from provender.plugin import hookimpl
from provender.testing.faults.plugin import FaultyStores
from provender.types import Int64

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
WRONG = [(1, 8, 10), (1, 7, 999), (2, 9, 20), (3, 10, 30), (4, 6, 40)]
MENDED = [(1, 8, 10), (2, 9, 21), (4, 6, 40)]
"""The row of 05:00 is gone, the value of driver 2 is mended, driver 3 is gone, 4 is as it was."""
LONG = timedelta(hours=48)


def view(*, created=None, ttl=None, pushed=False):
    source = FileSource(
        "stats", name="stats", timestamp_field="ts", created_timestamp_column=created
    )
    if pushed:
        source = PushSource("events", batch_source=source)
    return FeatureView(
        "stats", source=source, entities=[DRIVER], schema=[Field("v", Int64)], ttl=ttl
    )


@pytest.fixture
def write(repository, instants):
    """Replace the rows of a file: drivers, hours before noon and values."""

    def rows(found, file="a", **more):
        drivers, hours, values = zip(*found, strict=True)
        columns = {"driver_id": list(drivers), "ts": instants(*hours), "v": list(values)}
        repository.rows(f"stats/{file}.parquet", columns | more)

    return rows


@pytest.fixture
def load(repository):
    """Run ``materialize`` over the last hours, or over what is given, and return the report."""

    def run(first=24, last=0, store=None):
        noon = repository.clock()
        ends = noon - timedelta(hours=first), noon - timedelta(hours=last)
        (report,) = (store or repository.store()).materialize(*ends)
        return report

    return run


def counts(report):
    return report.read, report.rows, report.equal, report.kept_back


def online(repository):
    rows = {"driver_id": [1, 2, 3, 4]}
    return repository.store().get_online_features(["stats:v"], rows).to_dict()["v"]


@pytest.mark.parametrize("tasks", [1, 3])
def test_mended_rows_of_a_source(repository, write, load, tasks):
    repository.configure(engine={"type": "serial", "tasks": tasks})
    write(WRONG)
    repository.store().apply([DRIVER, view()])
    first = load()
    assert counts(first) == (4, 4, 0, 0)
    assert first.warning is None
    write(MENDED)
    report = load()
    assert counts(report) == (3, 1, 1, 1)
    assert online(repository) == [999, 21, 30, 40]
    assert report.warning.fact == (
        "stats: the online store has a newer row than the source for at least one key"
    )
    assert report.warning.got == (
        "driver_id=1: 2026-03-01 05:00:00+00:00 online, 2026-03-01 04:00:00+00:00 in the source"
    )
    assert "`provender rebuild stats`" in report.warning.fix
    assert "3 rows read: 1 written, 1 equal, 1 kept back" in repr(report)


def test_a_later_created_row_of_the_same_instant_is_newer(repository, write, load, instants):
    write([(1, 8, 10)], created=instants(5))
    repository.store().apply([DRIVER, view(created="created")])
    load()
    write([(1, 8, 10)], created=instants(6))
    report = load()
    assert counts(report) == (1, 0, 0, 1)
    assert report.warning.got == (
        "driver_id=1: 2026-03-01 04:00:00+00:00 (created 2026-03-01 07:00:00+00:00) online, "
        "2026-03-01 04:00:00+00:00 (created 2026-03-01 06:00:00+00:00) in the source"
    )


def test_what_is_newer_than_the_range_is_kept_back_without_a_warning(repository, write, load):
    write([(1, 9, 1), (1, 2, 2)])
    repository.store().apply([DRIVER, view()])
    load()
    report = load(24, 5)
    assert (counts(report), report.warning) == ((1, 0, 0, 1), None)


def test_late_rows_that_are_older_than_online_are_no_reason_to_warn(
    repository, write, load, instants
):
    write([(1, 9, 1), (2, 9, 2)], created=instants(8, 7))
    repository.store().apply([DRIVER, view(created="created")])
    store = repository.store()
    store.materialize_incremental(repository.clock())
    write([(1, 20, 0)], "late", created=instants(-1))
    repository.clock.advance(hours=2)
    (report,) = store.materialize_incremental(repository.clock())
    assert (counts(report), report.warning) == ((2, 0, 1, 1), None)


def test_rows_that_are_pushed_online_only_are_no_reason_to_warn(repository, write, load, instants):
    write([(1, 9, 1), (2, 9, 2)])
    store = repository.store()
    store.apply([DRIVER, view(pushed=True)])
    load()
    row = {"driver_id": [1], "ts": [repository.clock() - timedelta(hours=1)], "v": [7]}
    store.push("events", row, "online")
    report = load()
    assert (counts(report), report.warning) == ((2, 0, 1, 1), None)


def test_the_store_counts_what_it_keeps_back_of_rows_that_are_not_looked_up(
    repository, write, load
):
    write([(1, 9, 1), (2, 9, 2)])
    store = repository.store()
    store.apply([DRIVER, view()])
    row = {"driver_id": [1], "ts": [repository.clock() - timedelta(hours=1)], "v": [7]}
    store.write_to_online_store("stats", row)
    heard = []

    class Observer(MaterializeObserver):
        def rows_written(self, view, count):
            heard.append(count)

    (report,) = store.materialize_incremental(repository.clock(), observer=Observer())
    assert counts(report) == (2, 1, 0, 1)
    assert heard == [1]
    assert online(repository)[:2] == [7, 2]


def test_a_store_that_does_not_count_has_written_all(repository, write, load, monkeypatch):
    write([(1, 9, 1), (2, 9, 2)])
    store = repository.store()
    store.apply([DRIVER, view()])
    kind = type(store.stores.online)
    plain = kind.write
    monkeypatch.setattr(kind, "write", lambda *args: plain(*args) and None)
    assert counts(load(store=store)) == (2, 2, 0, 0)


def test_only_what_may_be_online_already_is_looked_up(repository, write, load):
    write([(1, 20, 1), (2, 15, 2), (3, 10, 3)])
    repository.store().apply([DRIVER, view()])
    store = FaultyStores().around(repository.store())

    def looked_up():
        calls = [call for call in store.stores.online.calls if call.method == "read"]
        return sum(len(call.args[1]) for call in calls)

    load(24, 18, store)
    assert looked_up() == 0, "the table was empty"
    load(17.9, 12, store)
    assert looked_up() == 0, "all rows are later than those that were loaded"
    assert counts(load(24, 0, store)) == (3, 1, 2, 0)
    assert looked_up() == 2
    store.materialize_incremental(repository.clock())
    write([(4, -1, 4)], "b")
    repository.clock.advance(hours=2)
    before = looked_up()
    store.materialize_incremental(repository.clock())
    assert looked_up() == before, "new rows are not looked up"


@pytest.mark.parametrize("grown", [LONG, None], ids=["48h", "for ever"])
def test_a_grown_ttl_has_rows_written_again_so_that_no_store_drops_them(
    repository, write, load, grown
):
    write([(1, 2, 1), (2, 1, 2)])
    store = repository.store()
    store.apply([DRIVER, view(ttl=timedelta(hours=20))])
    load()
    assert counts(load()) == (2, 0, 2, 0)
    store.apply([DRIVER, view(ttl=grown)])
    assert counts(load(1.5)) == (1, 1, 0, 0)
    assert counts(load()) == (2, 1, 1, 0), "what the ledger covered before is written again too"
    store.apply([DRIVER, view(ttl=timedelta(hours=20))])
    assert counts(load()) == (2, 0, 2, 0)


def test_a_task_that_is_run_again_counts_once(repository, write, monkeypatch):
    repository.configure(engine={"type": "serial", "tasks": 3})
    write(WRONG)
    store = repository.store()
    store.apply([DRIVER, view()])
    plain = type(store.stores.engine).run

    def twice(engine, tasks, work):
        yield from plain(engine, tasks, work)
        yield from plain(engine, tasks, work)

    monkeypatch.setattr(type(store.stores.engine), "run", twice)
    (report,) = store.materialize_incremental(repository.clock())
    assert counts(report) == (4, 4, 0, 0)


def test_a_hook_gets_the_counts(repository, write, load):
    write(WRONG)
    repository.store().apply([DRIVER, view()])
    load()
    write(MENDED)
    store = repository.store()
    heard = []

    class Listener:
        @hookimpl
        def provender_after_materialize(self, run):
            heard.append((run.read, run.rows, run.equal, run.kept_back))

        @hookimpl
        def provender_before_materialize(self, run):
            heard.append((run.read, run.rows, run.equal, run.kept_back))

    store.stores.plugins.manager.register(Listener())
    load(store=store)
    assert heard == [(None, None, None, None), (3, 1, 1, 1)]
