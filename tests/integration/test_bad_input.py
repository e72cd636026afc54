"""Wrong input on the command line: one clear error, the exit code, nothing lost."""

from __future__ import annotations

import sqlite3

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

FEATURES = """
from provender import Entity, FeatureView, Field, FileSource
from provender.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
stats = FeatureView(
    name="stats",
    entities=[driver],
    schema=[Field("rating", Float64)],
    source=FileSource("stats.parquet", timestamp_field="ts"),
)
"""


@pytest.fixture
def run(repository, provender):
    def command(*arguments, code=0):
        done = provender(*arguments, code=code, cwd=repository.path)
        assert "Traceback" not in done.stderr
        return done.stdout if code == 0 else done.stderr

    return command


@pytest.fixture
def applied(repository, run, instants):
    columns = {"driver_id": [1, 2], "ts": instants(3, 2), "rating": [0.5, 0.6]}
    repository.rows("stats.parquet", columns)
    (repository.path / "features.py").write_text(FEATURES)
    run("apply")
    run("materialize-incremental", "2100-01-01")
    return repository


def served(run):
    return run("get-online", "--entity", "driver_id=1", "--features", "stats:rating")


def test_a_missing_file_a_wrong_column_and_a_text_for_a_timestamp(applied, run, instants):
    before = served(run)
    path = applied.path / "stats.parquet"
    path.unlink()
    definitions = applied.path / "features.py"  # what does not change is not looked up again
    definitions.write_text(definitions.read_text().replace('"stats",', '"stats", owner="ann",'))
    assert "no Parquet file" in run("apply", code=1)
    assert "no Parquet file" in run("materialize-incremental", "2100-01-01", code=1)
    applied.rows("stats.parquet", {"driver_id": [1], "ts": instants(1), "rateing": [0.5]})
    error = run("plan", code=1)
    assert "no column 'rating'" in error
    assert "did you mean 'rateing'?" in error
    applied.rows("stats.parquet", {"driver_id": [1], "ts": ["yesterday"], "rating": [0.5]})
    error = run("apply", code=1)
    assert "column 'ts'" in error
    assert "features.py:10:" in error
    assert served(run) == before


def test_unknown_views_and_features_are_answered_with_a_guess(applied, run):
    rows = ("--entity", "driver_id=1")
    assert "did you mean 'stats'?" in run("get-online", *rows, "--features", "stat:rating", code=1)
    assert "did you mean 'rating'?" in run("get-online", *rows, "--features", "stats:ratin", code=1)
    assert "did you mean" in run("materialize-incremental", "2100-01-01", "-v", "stat", code=1)


def test_entity_rows_without_their_key(applied, run, instants):
    spine = pa.table({"event_timestamp": instants(1), "driver": [1]})
    pq.write_table(spine, applied.path / "spine.parquet")
    error = run("historical", "--entities", "spine.parquet", "--features", "stats:rating", code=1)
    assert "lack the join key 'driver_id'" in error
    assert "name it 'driver_id' instead of 'driver'" in error
    error = run("get-online", "--entity", "driver=1", "--features", "stats:rating", code=1)
    assert "name it 'driver_id' instead of 'driver'" in error
    assert "lack the join key 'driver_id'" in error


def test_a_half_written_registry_is_told_and_kept(applied, run):
    registry = applied.path / "registry.db"
    whole = registry.read_bytes()
    half = whole[: len(whole) // 2] + b"\x00" * 10
    registry.write_bytes(half)
    for command in (["plan"], ["apply"], ["materialize-incremental", "2100-01-01"]):
        assert "registry" in run(*command, code=1)
    assert registry.read_bytes() == half
    registry.write_bytes(whole)
    served(run)


def test_a_locked_online_store_is_told_and_a_rerun_completes(applied, run, instants):
    applied.configure(online_store={"path": "online.db", "timeout_seconds": 0.1})
    columns = {"driver_id": [1, 2], "ts": instants(1, 1), "rating": [0.9, 0.9]}
    applied.rows("stats.parquet", columns)
    before = served(run)
    other = sqlite3.connect(applied.path / "online.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    error = run("materialize", "2026-01-01", "2100-01-01", code=1)
    assert "locked by another process" in error
    assert served(run) == before
    other.execute("ROLLBACK")
    other.close()
    run("materialize", "2026-01-01", "2100-01-01")
    assert "0.9" in served(run)


def test_a_wrong_configuration_and_a_wrong_provider(applied, run):
    config = applied.path / "feature_store.yaml"
    config.write_text("project: test\nprovder: local\n")
    error = run("plan", code=1)
    assert "feature_store.yaml:2:1" in error
    assert "did you mean 'provider'?" in error
    config.write_text("project: test\nprovider: loca\n")
    error = run("plan", code=1)
    assert "feature_store.yaml:2:1" in error
    assert "did you mean 'local'?" in error


def test_a_time_that_is_none_and_options_that_are_not_there(applied, run):
    assert "ISO 8601" in run("materialize-incremental", "tomorrow", code=1)
    run("materialize-incremental", code=2)
    run("aply", code=2)


def test_what_destroys_rows_needs_consent(applied, run):
    (applied.path / "features.py").write_text(FEATURES.replace('"stats"', '"other"'))
    assert "--yes" in run("apply", code=1)
    served(run)
    run("apply", "--yes")
    assert "no feature view 'stats'" in run(
        "get-online", "--entity", "driver_id=1", "--features", "stats:rating", code=1
    )
