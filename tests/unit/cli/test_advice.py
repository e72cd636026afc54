"""Advice of the command line: in terms of its own options, and of what was typed."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def run(weather, provender):
    """Run a command that fails in a repository with views and rows, and return what it says."""
    provender("apply", cwd=weather.path)

    def failed(*arguments):
        return provender(*arguments, cwd=weather.path, code=1).stderr

    return failed


def test_a_join_key_under_another_name(run):
    error = run("get-online", "--entity", "orgin=JFK", "--features", "weather:wind")
    assert "fix: name it 'origin' instead of 'orgin'" in error
    error = run("get-online", "--entity", "x=JFK", "--features", "weather:wind")
    assert "fix: add 'origin' to each row" in error


def test_an_option_is_named_rather_than_the_argument_of_python(run, weather):
    error = run(
        "get-online", "--entity", "origin=JFK", "--entity", "wind=1", "--features", "weather"
    )
    assert "--full-feature-names" in error
    assert "full_feature_names" not in error
    (weather.path / "rows.csv").write_text("origin,time\nJFK,2026-01-01")
    wanted = ("--entities", "rows.csv", "--features", "weather")
    assert "--timestamp-field" in run("historical", *wanted)
    told = run("rows", "weather", "--known-at", "2026-01-01")
    assert "leave --known-at out" in told


def test_the_same_in_json(run, weather, provender):
    arguments = ("--entity", "origin=JFK", "--entity", "wind=1", "--features", "weather")
    done = provender("get-online", *arguments, "--output", "json", cwd=weather.path, code=1)
    (problem,) = json.loads(done.stdout)["error"]["problems"]
    assert "--full-feature-names" in problem["fix"]
