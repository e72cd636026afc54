"""A server under load while views are rebuilt and changed, on every online store."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from provender import FeatureStore
from provender.testing.processes import killed_after, run, started
from servers.feature_server import PROVENDER, FeatureServer, feature_server
from servers.online_stores import dynamodb, firestore, postgres, redis, sqlite
from servers.prepared_reads import ENTITIES, PAUSE, REFERENCE, Watcher
from waiting import until

ROWS = 60
READERS = 2
PUSH_PAUSE = 0.1
PUSHED = 7
TESTS = Path(__file__).parents[1]
DEFINITIONS = """
from provender import Entity, FeatureView, Field, FileSource, PushSource
from provender.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
rows = FileSource("stats", name="rows", timestamp_field="ts")
events = PushSource("events", batch_source=rows)
stats = FeatureView("stats", source=events, entities=[driver], schema=[Field("v", TYPE)])
"""
INSTANT = datetime.now(UTC) - timedelta(hours=1)


class Project:
    """A repository whose view has one value in all of its rows."""

    def __init__(self, path: Path, online_store: dict) -> None:
        self.path = path
        config = {
            "project": f"p{uuid4().hex[:12]}",
            "provider": "local",
            "registry": {
                "path": "registry.db",
                "cache_ttl_seconds": 0.2,
                "write_cache_ttl_seconds": 0.2,
            },
            "online_store": online_store,
        }
        (path / "feature_store.yaml").write_text(yaml.safe_dump(config))
        (path / "stats").mkdir()
        self.define("Int64")
        self.hold(1)

    def define(self, dtype: str) -> None:
        """Give the feature a type."""
        (self.path / "features.py").write_text(DEFINITIONS.replace("TYPE", dtype))

    def hold(self, value: int) -> None:
        """Write the source: the same keys and instants, another value."""
        instants = pa.array([INSTANT] * ROWS, pa.timestamp("us", "UTC"))
        columns = {"driver_id": list(range(ROWS)), "ts": instants, "v": [value] * ROWS}
        unfinished = self.path / "unfinished"
        pq.write_table(pa.table(columns), unfinished)
        unfinished.replace(self.path / "stats" / "a.parquet")

    def command(self, *arguments: str) -> str:
        """Run the command to its end, and return what it printed."""
        command = [PROVENDER, "--config", self.path / "feature_store.yaml", *arguments]
        done = run(command, cwd=self.path)
        return done.stdout + done.stderr


class Load:
    """Reads and pushes through a server, until `stop` is set."""

    def __init__(self, server: FeatureServer, ways: tuple[str, ...]) -> None:
        self.stop = threading.Event()
        self.watchers = [Watcher() for _ in range(READERS)]
        self.pushed: list[int] = []
        self.failed: list[str] = []
        self._server = server
        self._ways = itertools.cycle(ways)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Load the server while the block runs."""
        work = [lambda w=watcher: self._read(w) for watcher in self.watchers]
        threads = [threading.Thread(target=self._safely, args=(f,)) for f in [*work, self._push]]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stop.set()
            for thread in threads:
                thread.join()

    def _safely(self, work) -> None:
        try:
            work()
        except Exception as error:  # noqa: BLE001 - the test fails on it
            self.failed.append(repr(error))

    def _read(self, watcher: Watcher) -> None:
        body = {"features": [REFERENCE], "entities": ENTITIES}
        with self._server.client() as client:
            while not self.stop.wait(PAUSE):
                answer = client.post("/get-online-features", json=body)
                if answer.status_code != 200:
                    watcher.wrong.append(answer.text)
                    continue
                column = answer.json()["results"][1]
                watcher.see(column["values"], column["statuses"])

    def _push(self) -> None:
        """Push a row of a new key each time."""
        with self._server.client() as client:
            for key in itertools.count(10_000):
                now = datetime.now(UTC).isoformat()
                rows = {"driver_id": [key], "ts": [now], "v": [PUSHED]}
                body = {"push_source_name": "events", "df": rows, "to": next(self._ways)}
                answer = client.post("/push", json=body)
                if answer.status_code != 200:
                    self.failed.append(answer.text)
                self.pushed.append(key)
                if self.stop.wait(PUSH_PAUSE):
                    return


@contextmanager
def another_reader(path: Path) -> Iterator[list]:
    """Read in another process while the block runs; yield what it has seen afterwards."""
    found: list = []
    command = [sys.executable, "-m", "servers.prepared_reads", path]
    pipe = subprocess.PIPE
    with (
        started(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=TESTS) as process,
        killed_after(60, process),
    ):
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
        yield found
        printed, errors = process.communicate()
        assert process.returncode == 0, errors
        found += json.loads(printed)


@pytest.fixture(params=[sqlite, redis, postgres, dynamodb, firestore])
def project(request, tmp_path):
    with ExitStack() as context:
        folder = tmp_path / "server"
        folder.mkdir()
        repository = tmp_path / "repository"
        repository.mkdir()
        found = Project(repository, request.param(context, folder))
        with FeatureStore(repository) as store:
            found.command("apply", "--yes")
            store.materialize_incremental(datetime.now(UTC))
            context.callback(_torn_down, repository)
        yield found


def _torn_down(repository: Path) -> None:
    with FeatureStore(repository) as store:
        store.teardown()


def loaded(project: Project, ways: tuple[str, ...], work) -> Load:
    """Do some work under load; return the load once every reader has seen the new rows."""
    with feature_server(project.path) as server, another_reader(project.path) as other:
        load = Load(server, ways)
        with load.going_on():
            until(lambda: all(one.reads for one in load.watchers) and load.pushed, "the load")
            work()
            until(lambda: load.failed or all(one.is_done for one in load.watchers), "new rows")
    assert load.failed == []
    assert [one.wrong[:3] for one in load.watchers] == [[]] * READERS
    assert [one.seen for one in load.watchers] == [[1, 2]] * READERS
    _, seen, wrong = other
    assert (wrong[:3], seen) == ([], [1, 2])
    assert "Traceback" not in server.log.read_text()
    return load


def missing(project: Project, load: Load) -> list[int]:
    """Return the keys that were pushed and are not there."""
    with FeatureStore(project.path) as store:
        found = store.get_online_features([REFERENCE], {"driver_id": load.pushed}).to_dict()
    pairs = zip(load.pushed, found["v"], strict=True)
    return [key for key, value in pairs if value != PUSHED]


def test_a_rebuild_under_load_leaves_no_gap_and_loses_no_push(project):
    project.hold(2)
    rebuild = ["rebuild", "stats", "--keep-pushed"]
    load = loaded(project, ("both", "online"), lambda: project.command(*rebuild))
    assert missing(project, load) == []


def test_a_breaking_change_under_load_leaves_no_gap_and_loses_no_push(project):
    project.hold(2)
    project.define("Float64")
    load = loaded(project, ("both",), lambda: project.command("apply", "--fill", "--yes"))
    assert missing(project, load) == []
