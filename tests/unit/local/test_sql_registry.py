"""Documents in a database: swaps that lose nothing, and trouble that is one clear error."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.tiers import examples
from provender.errors import Conflict
from provender.plugin.contract.registry import update_document
from provender.testing.suites.store_opener import StoreOpener
from provender_local.sql_registry import SqlRegistry, sqlite_url


def clock():
    return datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "registry.db"


@pytest.fixture
def registry(path):
    found = SqlRegistry(sqlite_url(path), clock, 60)
    yield found
    found.close()


def test_reading_makes_no_file(registry, path):
    assert registry.read("a") is None
    assert registry.history("a") == []
    assert registry.names() == []
    registry.delete("a", 0)
    with pytest.raises(Conflict):
        registry.delete("a", 1)
    assert not path.parent.exists()


def test_an_empty_file_is_an_empty_registry(registry, path):
    # SQLite makes one before the first commit, and a process may be killed in between
    path.parent.mkdir()
    path.touch()
    assert registry.read("a") is None
    assert registry.names() == []
    assert path.stat().st_size == 0
    assert registry.write("a", b"one", 0) == 1


def test_a_registry_without_heads_goes_on_where_it_is(registry, path):
    registry.write("a", b"one", 0)
    registry.write("a", b"two", 1)
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE provender_heads")
    connection.close()
    assert registry.read("a").version == 2
    with pytest.raises(Conflict, match="version 2"):
        registry.write("a", b"late", 1)
    assert registry.write("a", b"three", 2) == 3
    assert registry.names() == ["a"]


def test_each_version_can_be_read(registry):
    assert registry.read_version("a", 1) is None
    for number, payload in enumerate([b"one", b"two", b"three"]):
        registry.write("a", payload, number)
    assert registry.read_version("a", 2).payload == b"two"
    assert registry.read_version("a", 4) is None
    assert registry.read_version("b", 1) is None


def test_a_relative_path_of_a_url_starts_at_the_configuration(tmp_path, monkeypatch):
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    settings = {"url": "sqlite:///deep/registry.db"}
    registry = StoreOpener("registry", "local", "sql", home, settings).open()
    registry.write("a", b"one", 0)
    assert (home / "deep" / "registry.db").is_file()
    assert list(elsewhere.iterdir()) == []


def test_writing_leaves_one_file(registry, path):
    registry.write("a", b"one", 0)
    assert [file.name for file in path.parent.iterdir()] == ["registry.db"]


def test_versions_carry_the_time_of_their_writing(registry):
    assert registry.write("a", b"one", 0) == 1
    assert registry.read("a").written_us == 1_767_225_600_000_000
    with pytest.raises(Conflict, match="version 1"):
        registry.write("a", b"again", 0)


def test_a_conflict_names_the_version_that_is_there(registry):
    registry.write("a", b"one", 0)
    registry.write("a", b"two", 1)
    for act in (lambda: registry.write("a", b"late", 1), lambda: registry.delete("a", 1)):
        with pytest.raises(Conflict) as caught:
            act()
        problem = caught.value.problems[0]
        assert (problem.got, problem.allowed) == ("version 2", "version 1")
    assert [document.payload for document in registry.history("a")] == [b"one", b"two"]


def test_a_document_that_was_deleted_begins_anew(registry):
    registry.write("a", b"one", 0)
    registry.write("a", b"two", 1)
    registry.delete("a", 2)
    assert registry.write("a", b"new", 0) == 1
    assert [document.payload for document in registry.history("a")] == [b"new"]


@pytest.mark.parametrize(
    "folder", ["a?b", "a#b", "100%20", "größe 🦉", "a:b@c", "it's; --", "a&b=c"]
)
def test_any_path_holds_a_registry(tmp_path, folder):
    path = tmp_path / folder / "registry.db"
    registry = SqlRegistry(sqlite_url(path), clock)
    registry.write("a", b"one", 0)
    assert path.is_file()
    assert registry.read("a").payload == b"one"


names = st.lists(st.text(st.sampled_from("aA%_\\/*"), min_size=1, max_size=3), unique=True)


@given(names, st.text(st.sampled_from("aA%_\\/*"), max_size=2))
@settings(deadline=None, max_examples=examples(30))
def test_a_prefix_means_itself(tmp_path_factory, names, prefix):
    registry = SqlRegistry(sqlite_url(tmp_path_factory.mktemp("names") / "r.db"), clock)
    for name in names:
        registry.write(name, b"", 0)
    assert registry.names(prefix) == sorted(name for name in names if name.startswith(prefix))


MANY, TIMES = 16, 4
LINES = sorted(b"%d-%d" % (member, number) for member in range(MANY) for number in range(TIMES))


def add_lines(registry, member):
    for number in range(TIMES):
        done = False
        while not done:
            found = registry.read("a")
            payload, version = (found.payload, found.version) if found else (b"", 0)
            try:
                registry.write("a", payload + b"%d-%d\n" % (member, number), version)
                done = True
            except Conflict:
                pass


def check_nothing_lost(registry):
    history = registry.history("a")
    assert [document.version for document in history] == list(range(1, MANY * TIMES + 1))
    assert sorted(history[-1].payload.splitlines()) == LINES


def test_sixteen_threads_lose_nothing(registry):
    gate = threading.Barrier(MANY)

    def work(member):
        gate.wait(60)
        add_lines(registry, member)

    with ThreadPoolExecutor(MANY) as pool:
        list(pool.map(work, range(MANY)))
    check_nothing_lost(registry)


def test_of_writers_and_deleters_one_at_a_time_succeeds(path):
    stores = [SqlRegistry(sqlite_url(path), clock, 60) for _ in range(8)]
    for _ in range(10):
        stores[0].write("a", b"one", 0)
        gate = threading.Barrier(8)

        def act(member, gate=gate):
            gate.wait(60)
            try:
                if member % 2:
                    stores[member].delete("a", 1)
                else:
                    stores[member].write("a", b"two", 1)
            except Conflict:
                return None
            return member

        with ThreadPoolExecutor(8) as pool:
            done = [member for member in pool.map(act, range(8)) if member is not None]
        assert len(done) == 1
        found = stores[0].read("a")
        assert (found is None) == bool(done[0] % 2)
        if found:
            stores[0].delete("a", 2)


def test_any_database_url_works(tmp_path):
    registry = SqlRegistry(f"sqlite:///{tmp_path}/any.db", clock)
    registry.write("a", b"one", 0)
    assert registry.read("a").payload == b"one"
    registry.close()


def test_a_url_of_sqlite_may_have_options(tmp_path):
    registry = SqlRegistry(f"sqlite:///file:{tmp_path}/any.db?mode=rwc&uri=true", clock)
    registry.write("a", b"one", 0)
    assert registry.read("a").payload == b"one"
    with sqlite3.connect(tmp_path / "any.db") as connection:
        assert connection.execute("SELECT version FROM provender_heads").fetchall() == [(1,)]
    connection.close()


def test_what_was_never_committed_is_not_read(registry, path):
    registry.write("a", b"one", 0)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("UPDATE provender_heads SET version = 2")
    assert registry.read("a").version == 1
    other.execute("ROLLBACK")
    other.close()
    assert registry.write("a", b"two", 1) == 2


def test_an_update_loses_nothing_when_another_writer_comes_between(registry):
    def with_line(found):
        if found is None:
            registry.write("d", b"theirs ", 0)
        return (found.payload if found else b"") + b"ours"

    update_document(registry, "d", with_line)
    assert [found.payload for found in registry.history("d")] == [b"theirs ours"]


def test_an_update_to_nothing_removes_the_newest_version(registry):
    registry.write("d", b"1", 0)

    def nothing(found):
        if found is not None and found.version == 1:
            registry.write("d", b"2", 1)

    update_document(registry, "d", nothing)
    update_document(registry, "d", nothing)
    assert registry.read("d") is None
