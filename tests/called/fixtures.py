"""``provender``, called in the process of the test, and a small repository for it."""

from __future__ import annotations

import pytest

from called.command import call

FEATURES = """
from provender import Entity, FeatureView, Field, FileSource
from provender.types import Float64, Int64, String

airport = Entity("origin", value_type=String, description="Where flights begin")
carrier = Entity("carrier", value_type=String)
weather = FeatureView(
    name="weather",
    entities=[airport],
    schema=[Field("wind", Float64), Field("note", String)],
    source=FileSource("weather.parquet", timestamp_field="ts"),
)
delays = FeatureView(
    name="delays",
    entities=[airport, carrier],
    schema=[Field("late", Int64)],
    source=FileSource("delays.parquet", timestamp_field="ts"),
)
"""


@pytest.fixture
def provender(tmp_path):
    """Run a command in the directory of the test; it must end with `code`."""

    def run(*arguments, code=0, cwd=tmp_path, stdin=None, **environment):
        done = call([str(argument) for argument in arguments], cwd, stdin, environment)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return run


@pytest.fixture
def weather(repository, instants):
    """Return a repository with two views, not yet applied."""
    nan = float("nan")
    columns = {"origin": ["JFK", "LGA", "EWR"], "ts": instants(3, 2, 1), "wind": [1.5, nan, 3.0]}
    repository.rows("weather.parquet", {**columns, "note": ["calm", "odd", None]})
    columns = {"origin": ["JFK", "JFK"], "carrier": ["UA", "B6"], "ts": instants(3, 2)}
    repository.rows("delays.parquet", {**columns, "late": [2**60 + 1, 7]})
    (repository.path / "features.py").write_text(FEATURES)
    return repository
