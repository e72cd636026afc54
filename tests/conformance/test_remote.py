"""Stores through a feature server before the conformance suites: real servers, real clients."""

from contextlib import closing
from dataclasses import replace
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
import yaml

from harness.tiers import examples
from provender.definitions import FileSource
from provender.errors import RequestError, StoreError
from provender.plugin import Destination, OnlineTable
from provender.testing.offline_suite import OfflineHarness, OfflineStoreSuite
from provender.testing.online_suite import OnlineStoreSuite
from provender.testing.plugin_suite import PluginSuite
from provender.testing.registry_suite import RegistrySuite
from provender.testing.suites.store_opener import StoreOpener
from provender.wire.stores import write_message
from servers.feature_server import feature_server, offline_server
from servers.http_faults import http_faults, lose

NOWHERE = {
    "offline remote": {"flight_url": "grpc://127.0.0.1:1"},
    "remote": {"url": "http://127.0.0.1:1"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server over the local stores, which lets others work through it."""
    path = tmp_path_factory.mktemp("served")
    config = {
        "project": "served",
        "provider": "local",
        "registry": "registry.db",
        "online_store": {"path": "online.db"},
        "server": {"stores": True, "threads": 32},
    }
    (path / "feature_store.yaml").write_text(yaml.safe_dump(config))
    with feature_server(path) as found:
        yield {"url": found.url}


@pytest.fixture(scope="module")
def flight(tmp_path_factory):
    """A server over DuckDB."""
    path = tmp_path_factory.mktemp("served")
    config = {
        "project": "served",
        "provider": "local",
        "registry": "registry.db",
        "offline_store": {"type": "duckdb", "temp_directory": "spill"},
    }
    (path / "feature_store.yaml").write_text(yaml.safe_dump(config))
    with offline_server(path) as url:
        yield {"flight_url": url}


@pytest.mark.values(2)
class TestRemoteOfflineStore(OfflineStoreSuite):
    provider = "remote"

    @pytest.fixture
    def settings(self, flight):
        return flight

    @pytest.fixture
    def harness(self, opener):
        harness = ParquetHarness(opener)
        yield harness
        harness.store.close()


def test_what_the_store_of_the_server_cannot_remove_is_told(flight, tmp_path):
    store = StoreOpener("offline", "remote", None, tmp_path, flight).open()
    with closing(store), pytest.raises(RequestError, match="cannot remove this destination"):
        store.remove(Destination("table", "marts.training"))


class ParquetHarness(OfflineHarness):
    """Files that the server reads where they are."""

    def __init__(self, opener):
        super().__init__(opener)
        self.root = opener.repo_path

    def source(self, table, **columns):
        return FileSource(self.spine_path(table), **columns)

    def leftovers(self):
        return [str(file) for file in self.root.glob("**/.appended-*")]

    def spine_path(self, table):
        folder = self.root / uuid4().hex
        folder.mkdir()
        pq.write_table(table, folder / "rows.parquet")
        return str(folder)

    def spine_query(self, table):
        return f"SELECT * FROM '{self.spine_path(table)}/rows.parquet'"


class TestRemoteOnlineStore(OnlineStoreSuite):
    provider = "remote"
    crowd = examples(8, short=4)

    @pytest.fixture
    def settings(self, server):
        return server


class TestRemoteRegistry(RegistrySuite):
    provider = "remote"
    crowd = examples(16, short=5)

    @pytest.fixture
    def settings(self, server):
        return server


def test_a_write_whose_answer_is_lost_is_sent_once(server, tmp_path):
    with http_faults(server["url"]) as faults:
        settings = {"url": faults.endpoint}
        registry = StoreOpener("registry", "remote", None, tmp_path, settings).open()
        faults.spoil("POST", "/", lose(0))
        assert registry.write("lost", b"once", 0) == 1
        assert [found.payload for found in registry.history("lost")] == [b"once"]
        registry.close()


@pytest.fixture
def spoilt(server, tmp_path):
    """A store, a table that is prepared in it, and what becomes of its requests."""
    table = OnlineTable(f"p{uuid4().hex}", "view")
    with http_faults(server["url"]) as faults:
        store = StoreOpener("online", "remote", None, tmp_path, {"url": faults.endpoint}).open()
        store.prepare([table])
        yield store, table, faults
        store.drop([table])
        store.close()


def test_a_list_of_keys_that_breaks_off_is_an_error(spoilt):
    store, table, faults = spoilt
    store.write(table, [(b"a", 1, 1, b"v"), (b"b", 1, 1, b"v")])
    faults.spoil("POST", "/keys", lose(0), lambda call: _without_end(call()))
    with pytest.raises(StoreError, match="ended early"):
        list(store.keys(table))
    assert list(store.keys(table)) == [[b"a", b"b"]]


def _without_end(answer):
    """Return an answer without its last message."""
    end = len(write_message(None))
    return replace(answer, body=answer.body[:-end])


class TestPlugin(PluginSuite):
    """It names its addresses: nothing is called before the first request."""

    provider = "remote"
    settings = NOWHERE


@pytest.mark.parametrize("status", [0, 502, 504])
def test_a_swap_whose_answer_is_lost_is_sent_once(spoilt, status):
    store, table, faults = spoilt
    faults.spoil("POST", "/swap", lose(status))
    with pytest.raises(StoreError):
        store.swap(table, b"k", None, (b"k", 1, 1, b"v"))
    assert sum("/swap" in path for _, path in faults.requests) == 1
    assert store.read(table, [b"k"]) == [(b"k", 1, 1, b"v")]


@pytest.mark.parametrize("status", [0, 502, 504])
def test_a_sweep_whose_answer_is_lost_is_sent_once(spoilt, status):
    """Another would remove more rows than it may, and count fewer."""
    store, table, faults = spoilt
    store.write(table, [(b"%d" % n, 1, 1, b"v") for n in range(4)])
    faults.spoil("POST", "/sweep", lose(status))
    with pytest.raises(StoreError):
        store.sweep(table, 9, 2)
    assert sum("/sweep" in path for _, path in faults.requests) == 1
    assert store.sweep(table, 9, 9) == 2


def test_a_large_sweep_takes_several_requests(spoilt, monkeypatch):
    store, table, faults = spoilt
    monkeypatch.setattr("provender_remote.online_store._MOST_SWEPT", 3)
    store.write(table, [(b"%d" % n, 1, 1, b"v") for n in range(10)])
    assert store.sweep(table, 9, 8) == 8
    assert store.sweep(table, 9, 8) == 2
    assert sum("/sweep" in path for _, path in faults.requests) == 4
