"""Killed at two hundred random points and run again, a command leaves what one clean run leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

KILLS = 200
FEATURES = """
from provender import Entity, FeatureView, FileSource
from provender.types import Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
source = FileSource("stats.parquet", timestamp_field="ts", created_timestamp_column="written")
views = [FeatureView(name=f"stats_{n}", source=source, entities=[driver]) for n in range(3)]
"""


def killed(repository, *arguments):
    script = Path(__file__).with_name("kill_runs.py")
    command = [sys.executable, "-W", "ignore", script, repository.path, str(KILLS), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(outcomes) == KILLS
    assert all(whole for _, whole, _, _, _ in outcomes), "nothing half-done is seen"
    assert all(again == 0 for _, _, again, _, _ in outcomes), "a rerun completes"
    assert all(equal for _, _, _, equal, _ in outcomes), "and gives what a clean run gives"
    return outcomes


@pytest.fixture
def loaded(repository, instants):
    """A repository in a directory of its own, beside which copies of it can be made."""
    inner = type(repository)(repository.path / "origin", repository.clock)
    hours = [n % 48 for n in range(4000)]
    columns = {
        "driver_id": pa.array([n // 2 for n in range(4000)], pa.int64()),
        "ts": instants(*hours),
        "written": instants(*hours),
        "rating": [n / 7 for n in range(4000)],
    }
    inner.rows("stats.parquet", columns)
    (inner.path / "features.py").write_text(FEATURES)
    return inner


def test_materialize_survives_being_killed(loaded):
    loaded.configure(materialization={"batch_rows": 200})
    command = Path(sys.executable).with_name("provender")
    subprocess.run([command, "apply"], cwd=loaded.path, capture_output=True, check=True)
    outcomes = killed(loaded, "materialize", "2026-01-01", "2026-03-01T12:00:00")
    assert sum(was for was, *_ in outcomes) > KILLS / 4, "many were killed before their end"
    assert sum(touched for *_, touched in outcomes) > KILLS / 20, "some in the middle of the load"


def test_apply_leaves_the_old_catalog_or_the_new_one(loaded):
    outcomes = killed(loaded, "apply")
    assert sum(was for was, *_ in outcomes) > KILLS / 4, "many were killed before their end"
