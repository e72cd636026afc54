"""What can go wrong with a registry is one clear error, and loses nothing."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import pytest

from provender.errors import Conflict, RegistryError
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


def test_reading_makes_no_file(registry, path):
    assert registry.read("a") is None
    assert registry.history("a") == []
    assert registry.names() == []
    assert not path.parent.exists()


def test_versions_carry_the_time_of_their_writing(registry):
    assert registry.write("a", b"one", 0) == 1
    assert registry.read("a").written_us == 1_767_225_600_000_000
    with pytest.raises(Conflict, match="version 1"):
        registry.write("a", b"again", 0)


def test_a_half_written_file_is_told_and_left_alone(registry, path):
    registry.write("a", b"x" * 100_000, 0)
    registry.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 + 100])
    with pytest.raises(RegistryError, match="the registry cannot be used") as caught:
        SqlRegistry(sqlite_url(path), clock).read("a")
    assert "damaged" in str(caught.value)
    path.write_text("not a registry at all, but some words " * 50)
    with pytest.raises(RegistryError) as caught:
        SqlRegistry(sqlite_url(path), clock).write("a", b"x", 0)
    assert "it is no registry" in str(caught.value)
    assert path.read_text().startswith("not a registry")


def test_a_locked_file_says_so(registry, path):
    registry.write("a", b"one", 0)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(RegistryError, match=r"registry\.timeout_seconds"):
        registry.write("a", b"two", 1)
    other.execute("ROLLBACK")
    other.close()
    assert registry.write("a", b"two", 1) == 2


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("no url at all", "URL cannot be read"),
        ("nosuch://host/db", "URL cannot be read"),
        ("postgresql+asyncpg://me:hunter2@host/db", "driver is not installed"),
    ],
)
def test_a_url_that_cannot_be_used_is_told(url, message):
    with pytest.raises(RegistryError, match=message) as caught:
        SqlRegistry(url, clock)
    assert "hunter2" not in str(caught.value)


def test_any_database_url_works(tmp_path):
    registry = SqlRegistry(f"sqlite:///{tmp_path}/any.db", clock)
    registry.write("a", b"one", 0)
    assert registry.read("a").payload == b"one"
    registry.close()
