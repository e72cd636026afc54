"""What can go wrong with a registry is one clear error, loses nothing and tells no password."""

from __future__ import annotations

import sys
import traceback
from datetime import UTC, datetime

import pytest

from provender.errors import RegistryError
from provender.testing.suites.store_opener import StoreOpener
from provender_local.sql_registry import SqlRegistry, sqlite_url


def clock():
    return datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "registry.db"


@pytest.fixture
def registry(path):
    found = SqlRegistry(sqlite_url(path), clock, 0.05)
    yield found
    found.close()


def everything(registry):
    return [
        lambda: registry.read("a"),
        lambda: registry.history("a"),
        lambda: registry.names(),
        lambda: registry.write("a", b"two", 1),
        lambda: registry.delete("a", 1),
    ]


def test_a_half_written_file_is_told_and_left_alone(registry, path):
    registry.write("a", b"x" * 100_000, 0)
    whole = path.read_bytes()
    half = whole[: len(whole) // 2 + 100]
    path.write_bytes(half)
    for act in everything(registry):
        with pytest.raises(RegistryError, match="damaged or not an SQLite file") as caught:
            act()
        assert "restore the file from a backup" in str(caught.value)
    assert path.read_bytes() == half
    path.write_bytes(whole)
    assert registry.read("a").payload == b"x" * 100_000


def test_a_file_that_is_no_database_is_told_and_left_alone(registry, path):
    path.parent.mkdir()
    path.write_text("not a registry at all, but some words " * 50)
    for act in everything(registry):
        with pytest.raises(RegistryError, match="damaged or not an SQLite file") as caught:
            act()
        assert str(path) in str(caught.value)
    assert path.read_text() == "not a registry at all, but some words " * 50


HOLDING = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
"""


def test_a_locked_file_says_so(start, registry, path):
    registry.write("a", b"one", 0)
    holder = start(HOLDING, path)
    assert holder.stdout.readline() == "locked\n"
    for act in everything(registry):
        with pytest.raises(RegistryError, match=r"locked by another process for over 0\.05") as e:
            act()
        assert "raise registry.timeout_seconds" in str(e.value)
    holder.communicate("go\n", timeout=60)
    assert registry.write("a", b"two", 1) == 2


def test_the_wait_of_a_url_can_be_set(start, tmp_path):
    settings = {"url": "sqlite:///registry.db", "timeout_seconds": 0.05}
    registry = StoreOpener("registry", "local", "sql", tmp_path, settings).open()
    registry.write("a", b"one", 0)
    holder = start(HOLDING, tmp_path / "registry.db")
    assert holder.stdout.readline() == "locked\n"
    with pytest.raises(RegistryError, match=r"locked by another process for over 0\.05"):
        registry.read("a")


def fill(limit):
    """Return a program that writes until the disk is full, then makes room and goes on."""
    return f"""
    import sys
    from pathlib import Path
    from provender.clock import system_clock
    from provender.errors import RegistryError
    from provender_local.sql_registry import SqlRegistry, sqlite_url

    folder = Path(sys.argv[1])
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(200_000))
    registry, version = SqlRegistry(sqlite_url(folder / "registry.db"), system_clock), 0
    {limit}
    try:
        while True:
            version = registry.write("a", b"%d" % version + bytes(50_000), version)
    except RegistryError as error:
        print(str(error).splitlines()[0])
    kept = [document.version for document in registry.history("a")]
    assert kept == list(range(1, version + 1)) and version > 0, (kept, version)
    ballast.unlink()
    {"resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))" if limit else ""}
    assert registry.write("a", b"later", version) == version + 1
    """


@pytest.mark.integration
def test_a_full_disk_loses_nothing(run_on_small_disk):
    assert "the disk of the registry is full" in run_on_small_disk(fill(""))


@pytest.mark.integration
def test_a_limit_on_the_size_of_files_loses_nothing(run, tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, -1))"
    assert "limit on its files was reached" in run(fill(limit), tmp_path)


def test_a_path_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").touch()
    registry = SqlRegistry(sqlite_url(tmp_path / "file" / "registry.db"), clock)
    with pytest.raises(RegistryError, match="cannot be reached"):
        registry.write("a", b"", 0)
    (tmp_path / "folder").mkdir()
    registry = SqlRegistry(sqlite_url(tmp_path / "folder"), clock)
    for act in everything(registry):
        with pytest.raises(RegistryError, match="cannot be opened"):
            act()


@pytest.mark.parametrize(
    ("url", "message", "way_out"),
    [
        ("no url at all", "URL cannot be read", "postgresql+psycopg://"),
        ("me:hunter2@host/db", "URL cannot be read", "check registry.url"),
        ("postgresql://me:hunter2@host:hunter2/db", "URL cannot be read", "%40"),
        ("nosuch://me:hunter2@host/db", "no such dialect", "install the package"),
        ("sqlite://", "in-memory", "sqlite:///registry.db"),
        ("sqlite:///:memory:", "in-memory", "sqlite:///registry.db"),
    ],
)
def test_a_url_that_cannot_be_used_is_told(url, message, way_out):
    with pytest.raises(RegistryError, match=message) as caught:
        SqlRegistry(url, clock)
    assert way_out in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("dialect", "module", "command"),
    [
        ("postgresql+psycopg", "psycopg", "pip install 'psycopg[binary]'"),
        ("postgresql+psycopg2", "psycopg2", "pip install 'psycopg2-binary'"),
        ("mysql", "MySQLdb", "pip install 'mysqlclient'"),
        ("mysql+pymysql", "pymysql", "pip install 'pymysql'"),
    ],
)
def test_a_driver_that_is_missing_is_named(monkeypatch, dialect, module, command):
    monkeypatch.setitem(sys.modules, module, None)
    url = f"{dialect}://me:hunter2@host/db"
    with pytest.raises(RegistryError, match="driver is not installed") as caught:
        SqlRegistry(url, clock)
    assert command in str(caught.value)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
