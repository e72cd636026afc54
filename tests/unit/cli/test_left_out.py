"""Files that are left out are named, and nothing that they name is removed."""

from __future__ import annotations

import json

import pytest

MAKE = """
from provender import FeatureView, Field, FileSource
from provender.types import Float64

def view(name, entity):
    source = FileSource("weather.parquet", timestamp_field="ts")
    return FeatureView(name, source=source, entities=[entity], schema=[Field("wind", Float64)])
"""
TEAM = "from features import airport\nfrom make import view\nwinds = view('winds', airport)\n"
HIDDEN = TEAM.replace("from make import view", "view = __import__('make').view")


@pytest.fixture
def loaded(weather, provender):
    (weather.path / "make.py").write_text(MAKE)
    (weather.path / "team.py").write_text(TEAM)
    provender("apply", cwd=weather.path)
    provender("materialize-incremental", "2026-03-01T12:00:00", cwd=weather.path)
    return weather.path


def views(path, provender):
    listed = provender("feature-views", "list", "--output", "json", cwd=path).stdout
    return [view["name"] for view in json.loads(listed)]


def test_what_another_module_makes_is_registered(loaded, provender):
    assert views(loaded, provender) == ["delays", "weather", "winds"]
    done = provender("apply", "--yes", cwd=loaded)
    assert done.stdout == "No changes.\n" or done.stdout.startswith("No changes.\n")
    assert done.stderr.startswith("Left out make.py: nothing that it calls at its top level")


def test_nothing_is_removed_that_a_left_out_file_names(loaded, provender):
    (loaded / "team.py").write_text(HIDDEN)
    done = provender("apply", "--yes", cwd=loaded, code=1)
    assert "team.py:3: error: feature view 'winds' would be removed" in done.stderr
    assert "definitions: [glob, …]" in done.stderr
    assert views(loaded, provender) == ["delays", "weather", "winds"]
    told = provender("plan", cwd=loaded)
    assert "- feature view winds" in told.stdout
    assert "team.py:3: warning: feature view 'winds' would be removed" in told.stderr
    answer = json.loads(provender("plan", "--output", "json", cwd=loaded).stdout)
    assert [one["file"] for one in answer["left_out"]] == ["make.py", "team.py"]
    assert len(answer["refused"]) == 1


def test_the_ways_out(loaded, provender):
    (loaded / "team.py").write_text(HIDDEN)
    config = loaded / "feature_store.yaml"
    text = config.read_text()
    config.write_text(f"{text}\ndefinitions: [features.py, team.py]\n")
    assert provender("apply", "--yes", cwd=loaded).stdout.startswith("No changes.\n")
    config.write_text(text)
    (loaded / ".provenderignore").write_text("team.py\n")
    answer = json.loads(provender("apply", "--yes", "--output", "json", cwd=loaded).stdout)
    assert {"file": "team.py", "why": ".provenderignore names it"} in answer["left_out"]
    assert views(loaded, provender) == ["delays", "weather"]


def test_a_longer_name_is_another_one(loaded, provender):
    (loaded / "team.py").write_text("print('winds_of_change', 'trade-winds')\n")
    provender("apply", "--yes", cwd=loaded)
    assert views(loaded, provender) == ["delays", "weather"]


def test_a_source_that_a_view_reads_no_longer_may_be_named(loaded, provender):
    (loaded / "delays.parquet").rename(loaded / "later.parquet")
    (loaded / "load.py").write_text("print('delays.parquet')\n")
    features = loaded / "features.py"
    features.write_text(features.read_text().replace("delays.parquet", "later.parquet"))
    assert "- data source delays.parquet" in provender("apply", "--yes", cwd=loaded).stdout


def test_the_doctor_names_the_files(loaded, provender):
    answer = json.loads(provender("doctor", "--output", "json", cwd=loaded).stdout)
    found = {one["subject"]: one for one in answer["findings"]}["files without definitions"]
    assert found["ok"]
    assert found["detail"].startswith("1 left out\nmake.py: nothing that it calls")
