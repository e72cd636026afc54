"""Killed at any of its steps and run again, a command leaves what one clean run leaves."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from called.command import call
from harness.tiers import WHOLE
from provender.testing.processes import run

# the few kills of every day meet each commit all the same, since there are fewer of these
KILLS, VIEWS, ROWS, BATCH = (200, 3, 4000, 200) if WHOLE else (20, 2, 1000, 250)
ORDER = ["before", "between", "after"]
FEATURES = f"""
from provender import Entity, FeatureView, FileSource
from provender.types import Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=Int64)
source = FileSource("stats.parquet", timestamp_field="ts", created_timestamp_column="written")
views = [FeatureView(name=f"stats_{{n}}", source=source, entities=[driver]) for n in range({VIEWS})]
"""


def killed(repository, *arguments):
    """Kill the command at many steps; return where each kill left its work."""
    script = Path(__file__).with_name("kill_runs.py")
    command = [sys.executable, "-W", "ignore", script, repository.path, str(KILLS), *arguments]
    done = run(command, seconds=600)
    names, *outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    steps = [step for step, *_ in outcomes]
    assert len(set(steps)) == KILLS
    assert (steps[0], steps[-1]) == (1, len(names)), "from the first step to the last"
    assert all(was for _, was, *_ in outcomes), "every child was killed at its step"
    assert all(again == 0 for *_, again, _ in outcomes), "a rerun completes"
    assert all(equal for *_, equal in outcomes), "and gives what a clean run gives"
    places = [place for _, _, place, *_ in outcomes]
    assert places == sorted(places, key=ORDER.index), "what was done stays done"
    assert (places[0], places[-1]) == ("before", "after")
    return places


def stats(rows=ROWS, shift=0):
    """Return the hours before noon of the rows of the source, and their other columns."""
    hours = [n % 48 + shift for n in range(rows)]
    return hours, {
        "driver_id": pa.array([n // 2 for n in range(rows)], pa.int64()),
        "rating": [n / 7 - shift for n in range(rows)],
    }


@pytest.fixture
def loaded(repository, instants):
    """A repository in a directory of its own, beside which copies of it can be made."""
    inner = type(repository)(repository.path / "origin", repository.clock)
    hours, columns = stats()
    times = {"ts": instants(*hours), "written": instants(*hours)}
    inner.rows("stats.parquet", columns | times)
    (inner.path / "features.py").write_text(FEATURES)
    return inner


def test_materialize_survives_being_killed(loaded):
    # one thread of DuckDB: batches of the same rows in every run
    loaded.configure(materialization={"batch_rows": BATCH}, offline_store={"threads": 1})
    applied = call(["apply"], loaded.path)
    assert applied.returncode == 0, applied.stderr
    places = killed(loaded, "materialize", "2026-01-01", "2026-03-01T12:00:00")
    assert "between" in places, "some in the middle of the load"


def test_apply_leaves_the_old_catalog_or_the_new_one(loaded):
    places = killed(loaded, "apply")
    assert "between" not in places, "nothing half-done is seen"


@pytest.fixture
def served(loaded):
    """A repository whose views are online."""
    loaded.configure(
        materialization={"batch_rows": BATCH},
        offline_store={"threads": 1},
        registry={"path": "registry.db", "write_cache_ttl_seconds": 0},
    )
    for arguments in (["apply"], ["materialize", "2026-01-01", "2026-03-01T12:00:00"]):
        done = call(arguments, loaded.path)
        assert done.returncode == 0, done.stderr
    return loaded


def test_apply_with_fill_leaves_the_old_definitions_and_rows_or_the_new_ones(served):
    file = served.path / "features.py"
    text = file.read_text().replace("FileSource\n", "Field, FileSource\n")
    text = text.replace("import Int64", "import Float32, Int64")
    text = text.replace(
        "entities=[driver])", 'entities=[driver], schema=[Field("rating", Float32)])'
    )
    file.write_text(text)
    places = killed(served, "apply", "--fill")
    assert "between" not in places, "never a mixture, and no view before another one"


def test_rebuild_leaves_the_old_rows_or_the_new_ones(served, instants):
    """The rerun leaves the new ones, and nothing of the run that was killed."""
    # most drivers are gone, and the rows of the others are earlier: no run takes that back
    hours, columns = stats(ROWS // 4, shift=3)
    times = {"ts": instants(*hours), "written": instants(*hours)}
    served.rows("stats.parquet", columns | times)
    places = killed(served, "rebuild")
    assert "between" not in places, "never a mixture, and no view before another one"
