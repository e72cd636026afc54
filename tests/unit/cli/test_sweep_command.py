"""``provender sweep``: what it says, for people and for programs, and what is wrong with it."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def loaded(run, weather):
    """Three rows of a view with a ttl of a day, far in the past by now, and one view without."""
    run("apply")
    run("materialize-incremental", "2026-03-01T12:00:00")
    file = weather.path / "features.py"
    text = file.read_text().replace('name="weather",', 'name="weather", ttl=timedelta(days=1),')
    file.write_text(f"from datetime import timedelta\n{text}")
    run("apply")


def test_old_rows_are_removed_and_all_is_said(run):
    lines = run("sweep").splitlines()
    assert lines[0] == "Feature view delays has no ttl: its rows stay"
    assert lines[1].startswith("Removed 3 rows of feature view weather from before 20")
    assert run("sweep", "weather").startswith("Removed 0 rows of feature view weather")


def test_the_answer_as_json(run):
    answer = run("sweep", "weather", "--most", "2", "--output", "json")
    (view,) = answer["views"]
    assert view.pop("before").endswith("+00:00")
    assert view == {"view": "weather", "outcome": "swept", "rows": 2}
    assert (answer["project"], answer["store"], answer["rows"]) == ("test", "sqlite", 2)
    answer = run("sweep", "--output", "json")
    assert [(v["view"], v["outcome"], v["rows"]) for v in answer["views"]] == [
        ("delays", "no ttl", 0),
        ("weather", "swept", 1),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["wether"], 1, "did you mean 'weather'"),
        (["weather", "--most", "-1"], 2, "--most"),
        (["weather", "--most", "many"], 2, "--most"),
    ],
)
def test_what_is_wrong_is_told_and_removes_nothing(run, weather, provender, arguments, code, told):
    text = provender("sweep", *arguments, cwd=weather.path, code=code).stderr
    assert told in text
    assert run("sweep", "--output", "json")["rows"] == 3
