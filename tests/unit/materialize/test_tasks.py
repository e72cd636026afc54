"""A run is cut into tasks: plain data that any process can run, and what is done stays done."""

from __future__ import annotations

import json

import pytest

from provender import Entity, FeatureView, FileSource
from provender.clock import to_us
from provender.config import arrived, load_config, portable
from provender.errors import ConfigError, MaterializeError, StoreError
from provender.materialize.run_task import answer, close_stores, run_task
from provender.plugin import (
    NewerOnline,
    OfflineStore,
    Partition,
    Task,
    TaskReport,
    Window,
    hookimpl,
)
from provender.testing.faults import raises
from provender.testing.faults.plugin import FaultyStores
from provender.types import Int64

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
KEYS = list(range(20))


@pytest.fixture
def opened(repository, instants):
    """A project whose views are cut into four tasks, run one after another."""
    repository.configure(engine={"type": "serial", "tasks": 4})
    stamps = {"ts": instants(*[3] * 20), "created": instants(*[2] * 20)}
    repository.rows("stats/a.parquet", {"driver_id": KEYS, "v": KEYS, **stamps})
    source = FileSource("stats", timestamp_field="ts", created_timestamp_column="created")
    store = repository.store()
    store.apply([DRIVER, FeatureView("stats", source=source, entities=[DRIVER])])
    return store


@pytest.fixture
def task(repository, opened):
    config = portable(load_config(repository.path))
    window = Window(None, to_us(repository.clock()))
    yield Task("test", "stats", opened.refresh().version, window, config=config)
    close_stores()


def online(store):
    values = store.get_online_features(["stats:v"], {"driver_id": KEYS}).to_dict()["v"]
    return {key: v for key, v in zip(KEYS, values, strict=True) if v is not None}


def faulty(repository, script):
    return FaultyStores(script).around(repository.store())


def test_a_task_is_run_from_its_json_alone_wherever_the_process_is(
    opened, task, tmp_path_factory, monkeypatch
):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    opened.stores.online.prepare([opened.refresh().view("stats").table])
    written = []
    report = TaskReport.from_json(task, answer(task.to_json(), written.append))
    assert (report.rows, report.error, written[-1]) == (20, None, 20)
    assert online(opened) == dict(zip(KEYS, KEYS, strict=True))


def test_a_task_and_a_report_survive_their_json(task):
    part = Task(
        "p", "v", 3, Window(1, 2, 3), Partition(1, 4, "x"), 5, ((None, 6), (8, 9)), task.config
    )
    assert Task.from_json(part.to_json()) == part
    assert str(part) == "view 'v', partition 2 of 4"
    newer = NewerOnline({"driver_id": "1"}, (5, 6), (4, None))
    error = StoreError("locked", got="a", fix="b")
    report = TaskReport(part, 7, 8, error, {"units": 1.5}, 12, 3, 2, newer)
    found = TaskReport.from_json(part, report.to_json())
    assert (found.read, found.equal, found.kept_back, found.newer_online) == (12, 3, 2, newer)
    assert (found.rows, found.newest_created, found.used) == (7, 8, {"units": 1.5})
    assert type(found.error) is StoreError
    assert found.error.problems == report.error.problems


def test_a_report_of_an_earlier_version_can_be_read(task):
    text = '{"rows": 7, "newest_created": null, "error": null, "used": {}}'
    assert TaskReport.from_json(task, text) == TaskReport(task, 7, read=7)


def test_values_from_the_environment_do_not_travel(repository, monkeypatch):
    monkeypatch.setenv("PLACE", "secret.db")
    repository.configure(online_store={"path": "${PLACE}"}, author="$${me}")
    config = load_config(repository.path)
    sent = json.dumps(portable(config).settings)
    assert "secret" not in sent
    there = arrived(portable(config), {"PLACE": "other.db"})
    assert there.stores["online"].settings == {"path": "other.db"}
    assert (there.author, there.repo_path) == ("${me}", config.repo_path)
    with pytest.raises(ConfigError, match="environment variable PLACE is not set"):
        arrived(portable(config), {})


class Older(OfflineStore):
    """A store that was built before there were partitions."""

    def __init__(self, store):
        self.store = store

    def latest(self, read, window):
        return self.store.latest(read, window)

    schema = spine_schema = historical = rows = append = None


class OlderPlugin:
    @hookimpl(wrapper=True)
    def provender_offline_store(self, config, context):
        return Older((yield))


def test_a_store_that_knows_no_partitions_is_read_as_a_whole(repository, opened):
    store = repository.store()
    store.stores.plugins.manager.register(OlderPlugin())
    (report,) = store.materialize_incremental(repository.clock())
    assert report.rows == 20
    store.stores.offline.store.close()


def test_a_task_that_fails_reports_its_error(task):
    unknown = Task("test", "nobody", task.catalog_version, Window(), config=task.config)
    report = run_task(unknown)
    assert "nobody" in str(report.error)
    assert report.rows == 0


def test_a_report_has_what_the_online_store_used_for_its_task(opened, task, monkeypatch):
    used = iter([{"units": 2.0}, {"units": 5.0, "requests": 1.0}])
    kind = type(opened.stores.online)
    opened.stores.online.prepare([opened.refresh().view("stats").table])
    monkeypatch.setattr(kind, "usage", lambda store: next(used))
    assert run_task(task).used == {"units": 3.0, "requests": 1.0}


def test_a_failure_that_nobody_foresaw_is_reported(task, capsys, monkeypatch):
    monkeypatch.setattr("provender.materialize.run_task.move_rows", lambda *a, **k: 1 / 0)
    report = TaskReport.from_json(task, answer(task.to_json(), print))
    assert report.error.problems[0].got == "ZeroDivisionError: division by zero"
    assert "Traceback" in capsys.readouterr().err


def test_what_is_done_stays_done_and_is_not_done_again(repository, opened):
    store = faulty(repository, {"offline": {"latest": [None, raises()]}})
    with pytest.raises(MaterializeError, match="1 of 1 feature view") as caught:
        store.materialize_incremental(repository.clock())
    assert "stats: partition 2 of 4: the store failed on purpose" in str(caught.value)
    moved = online(opened)
    assert 0 < len(moved) < 20, "the other partitions are online"
    again = faulty(repository, {})
    (report,) = again.materialize_incremental(repository.clock())
    assert report.rows == 20 - len(moved), "only what was left is written"
    left = [call for call in again.stores.offline.calls if call.method == "latest"]
    assert len(left) == 1 + 4, "the task that was left, and the four of a run that finds nothing"
    assert online(opened) == dict(zip(KEYS, KEYS, strict=True))
    assert not opened.stores.registry.names("test/tasks/"), "the record is removed"


def test_the_same_stretch_goes_on_where_it_was_stopped(repository, opened):
    start, end = repository.clock.now.replace(hour=0), repository.clock.now
    store = faulty(repository, {"offline": {"latest": [None, None, raises()]}})
    with pytest.raises(MaterializeError):
        store.materialize(start, end)
    again = faulty(repository, {})
    again.materialize(start, end)
    left = [call for call in again.stores.offline.calls if call.method == "latest"]
    assert len(left) == 1
    assert online(opened) == dict(zip(KEYS, KEYS, strict=True))


def test_a_record_of_other_partitions_is_of_no_use(repository, opened):
    store = faulty(repository, {"offline": {"latest": [None, raises()]}})
    with pytest.raises(MaterializeError):
        store.materialize_incremental(repository.clock())
    repository.configure(engine={"type": "serial", "tasks": 3})
    again = faulty(repository, {})
    again.materialize_incremental(repository.clock())
    left = [call for call in again.stores.offline.calls if call.method == "latest"]
    assert len(left) == 3
    assert online(opened) == dict(zip(KEYS, KEYS, strict=True))


def test_rows_that_come_between_two_tasks_are_found_by_the_next_run(repository, opened, instants):
    later = {"ts": instants(*[3] * 20), "created": instants(*[1.5 - key / 20 for key in KEYS])}

    def rows_come(call, args):
        values = [key + 100 for key in KEYS]
        repository.rows("stats/b.parquet", {"driver_id": KEYS, "v": values, **later})
        return call(*args)

    store = faulty(repository, {"offline": {"latest": [None, None, rows_come]}})
    store.materialize_incremental(repository.clock())
    opened.materialize_incremental(repository.clock())
    assert online(opened) == {key: key + 100 for key in KEYS}


@pytest.mark.parametrize(
    ("engine", "problem"),
    [
        ({"type": "processes", "workers": 0}, "engine.workers is not valid\n  got: 0\n"),
        ({"type": "serial", "wrokers": 2}, "unknown key 'engine.wrokers'"),
    ],
)
def test_settings_of_an_engine_are_refused_before_a_view_begins(
    opened, repository, engine, problem
):
    repository.configure(engine=engine)
    with pytest.raises(ConfigError, match=problem) as caught:
        repository.store().materialize_incremental(repository.clock())
    assert "stats" not in str(caught.value)
