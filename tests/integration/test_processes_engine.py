"""Materialization in several processes: the same rows as in one, whichever process dies."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

import waiting
from harness.children import is_alive
from provender import Entity, FeatureView, FileSource
from provender.errors import MaterializeError
from provender.materialize import MaterializeObserver
from provender.plugin import Window
from provender.plugin.contract.plan import CREATED_TIMESTAMP, EVENT_TIMESTAMP
from provender.testing.oracle.rows import rows_of
from provender.testing.oracle.window import latest
from provender.testing.processes import started
from provender.types import Int64, String

KEYS = [(f"é{n % 7}" if n % 3 else "", n - 30) for n in range(60)]
PROCESSES = {"type": "processes", "workers": 2, "tasks": 3}
QUICK = {"path": "registry.db", "write_cache_ttl_seconds": 0}
PROGRAM = """
import signal
import sys
from pathlib import Path
from provender.engines.configuration import ProcessesConfig
from provender.engines.processes import ProcessesEngine
from provender.plugin import PluginContext
from provender.testing.suites.engine.scripted import ScriptedWork, scripted

folder = Path(sys.argv[1])
engine = ProcessesEngine(ProcessesConfig(workers=2), PluginContext("test", folder))
tasks = [scripted(folder, number, 2, waits=True) for number in range(2)]
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started this may ignore it
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
try:
    list(engine.run(tasks, ScriptedWork()))
except KeyboardInterrupt:
    print("stopped")
"""


def columns(instants, seed):
    """Return rows of every key, several of each, some of them late."""
    order = random.Random(seed)  # noqa: S311
    keys = KEYS * 3
    order.shuffle(keys)
    hours = [order.randint(1, 60) for _ in keys]
    names, numbers = zip(*keys, strict=True)
    return {
        "a": pa.array(names, pa.string()),
        "b": pa.array(numbers, pa.int64()),
        "v": pa.array(order.sample(range(10**6), len(keys)), pa.int64()),
        "ts": instants(*hours),
        "created": instants(*[order.uniform(0.1, hour) for hour in hours]),
    }


def workers(parent="self"):
    """Return the ids of the workers that a process has started."""
    found = []
    for children in Path(f"/proc/{parent}/task").glob("*/children"):
        for pid in children.read_text().split():
            with suppress(OSError):
                if b"provender.engines.worker" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(int(pid))
    return found


class Killer(MaterializeObserver):
    """Kills all workers when rows are written, so many times."""

    def __init__(self, times):
        self.times = times
        self.rows = 0

    def rows_written(self, view, count):
        self.rows += count
        if self.times:
            self.times -= 1
            for pid in workers():
                os.kill(pid, signal.SIGKILL)


def online(store, view="stats"):
    names, numbers = zip(*KEYS, strict=True)
    rows = {"a": list(names), "b": list(numbers)}
    values = store.get_online_features([f"{view}:v"], rows).to_dict()["v"]
    return dict(zip(KEYS, values, strict=True))


@pytest.fixture
def opened(repository, instants):
    repository.configure(engine=PROCESSES, materialization={"batch_rows": 1})
    repository.rows("stats/a.parquet", columns(instants, 1))
    entities = [Entity("left", join_keys=["a"], value_type=String)]
    entities += [Entity("right", join_keys=["b"], value_type=Int64)]
    source = FileSource("stats", timestamp_field="ts", created_timestamp_column="created")
    store = repository.store()
    store.apply([*entities, FeatureView("stats", source=source, entities=entities)])
    return store


@pytest.fixture
def right(opened, instants):
    """What is to be online in the end, by the oracle: the newest row of each key."""
    read = opened.refresh().view("stats").read()
    found = latest(read, Window(), rows_of(pa.table(columns(instants, 1)))).values()
    assert all(len(same) == 1 for same in found)
    return {(row["a"], row["b"]): row["v"] for (row,) in found}


def test_several_processes_move_what_one_moves(repository, opened, right):
    watching = Killer(0)
    (report,) = opened.materialize_incremental(repository.clock(), observer=watching)
    assert (report.rows, watching.rows) == (60, 60)
    assert online(opened) == right
    assert len(workers()) == 2, "they stay for the next run"
    (again,) = opened.materialize_incremental(repository.clock())
    assert again.rows == 0
    opened.close()
    assert not workers()


def test_they_rebuild_a_view_and_fill_the_table_of_a_new_one(repository, opened, right):
    repository.configure(engine=PROCESSES, registry=QUICK)
    store = repository.store()
    store.materialize_incremental(repository.clock())
    (report,) = store.rebuild(["stats"], observer=Killer(1))
    assert (report.generation, report.rows) == (1, 60)
    assert online(store) == right
    view, entities = store.get_feature_view("stats"), store.refresh().entities
    named = [entities[name] for name in view.entities]
    store.apply([FeatureView("more", source=view.source, entities=named)], fill=True)
    assert online(store, "more") == right


def test_one_process_moves_the_same(repository, opened, right):
    repository.configure()
    store = repository.store()
    store.materialize_incremental(repository.clock())
    assert online(store) == right


def test_workers_that_are_killed_are_replaced(repository, opened, right):
    (report,) = opened.materialize_incremental(repository.clock(), observer=Killer(1))
    assert report.error is None
    assert online(opened) == right


def test_rows_that_are_kept_back_are_counted_once(repository, opened, instants):
    """A third of the rows is as it was, a third is mended and a third is gone; workers die."""
    opened.materialize_incremental(repository.clock())
    read, there = opened.refresh().view("stats").read(), rows_of(pa.table(columns(instants, 1)))
    rows = [row for (row,) in latest(read, Window(), there).values()]
    rows.sort(key=lambda row: row["b"])
    moments = [row[EVENT_TIMESTAMP] - timedelta(hours=n >= 40) for n, row in enumerate(rows)]
    mended = {
        "a": pa.array([row["a"] for row in rows], pa.string()),
        "b": pa.array([row["b"] for row in rows], pa.int64()),
        "v": pa.array([row["v"] + (20 <= n < 40) for n, row in enumerate(rows)], pa.int64()),
        "ts": instants(*moments),
        "created": instants(*[row[CREATED_TIMESTAMP] for row in rows]),
    }
    repository.rows("stats/a.parquet", mended)
    ends = repository.clock() - timedelta(hours=70), repository.clock()
    (report,) = opened.materialize(*ends, observer=Killer(1))
    assert (report.read, report.kept_back, report.rows + report.equal) == (60, 20, 40)
    assert 0 < report.rows <= 20
    assert "a=" in report.warning.got
    (again,) = opened.materialize(*ends)
    assert (again.read, again.rows, again.equal, again.kept_back) == (60, 0, 40, 20)


def test_a_rerun_of_a_run_whose_workers_were_killed_equals_one_clean_run(repository, opened, right):
    with pytest.raises(MaterializeError, match="1 of 1 feature view") as caught:
        opened.materialize_incremental(repository.clock(), observer=Killer(10**6))
    # which of the tasks is the first to have lost two workers is left to chance
    ended = r"stats: partition [123] of 3: 2 worker processes ended while they ran it"
    assert re.search(ended, str(caught.value))
    assert "SIGKILL" in str(caught.value)
    opened.materialize_incremental(repository.clock())
    assert online(opened) == right
    assert not opened.stores.registry.names("test/tasks/")


def test_an_observer_that_stops_the_run_stops_the_workers(repository, opened, right):
    class Interrupting(MaterializeObserver):
        def rows_written(self, view, count):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened.materialize_incremental(repository.clock(), observer=Interrupting())
    assert not workers(), "those that were busy are gone"
    opened.materialize_incremental(repository.clock())
    assert online(opened) == right


@pytest.fixture
def busy(tmp_path):
    """A process, and the ids of its two workers, each of which waits in the midst of a task."""
    os.mkfifo(tmp_path / "gate")
    command = [sys.executable, "-c", PROGRAM, tmp_path]
    with started(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        begun = [tmp_path / f"begun-{number}" for number in range(2)]
        waiting.until(lambda: all(f.exists() and f.read_text() for f in begun), "both to be busy")
        pids = [int(file.read_text()) for file in begun]
        assert sorted(workers(parent.pid)) == sorted(pids)
        yield parent, pids


def test_workers_end_with_their_parent(busy):
    parent, pids = busy
    os.kill(parent.pid, signal.SIGKILL)
    waiting.until(lambda: not any(map(is_alive, pids)), "the workers to end")


def test_ctrl_c_ends_the_run_and_its_workers(busy):
    parent, pids = busy
    os.killpg(parent.pid, signal.SIGINT)  # as a terminal does: to all of its processes
    printed, _ = parent.communicate(timeout=60)
    assert printed == "stopped\n"
    assert not any(map(is_alive, pids))
