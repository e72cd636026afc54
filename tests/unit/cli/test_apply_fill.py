"""``provender apply --fill``: what a change leaves missing online, and how it is loaded first."""

from __future__ import annotations

import pytest

READ = ("get-online", "--features", "weather:wind", "--entity", "origin=JFK", "--output", "json")


@pytest.fixture(autouse=True)
def changed(run, weather):
    """The type of a feature changes after it was loaded."""
    weather.configure(registry={"path": "registry.db", "write_cache_ttl_seconds": 0})
    run("apply")
    run("materialize-incremental", "2026-03-01T12:00:00")
    change(weather, 'Field("wind", Float64)', 'Field("wind", Float32)')
    change(weather, "import Float64", "import Float32, Float64")
    return weather


def change(repository, before, after):
    file = repository.path / "features.py"
    file.write_text(file.read_text().replace(before, after))


def test_a_plan_says_what_will_be_missing_and_names_the_flag(run):
    lines = run("plan").splitlines()
    assert lines[-2:] == [
        "Online rows or values of these feature views are missing until they are materialized "
        "(apply --fill loads them first):",
        "    weather: 3 rows online now",
    ]
    (found,) = run("plan", "--output", "json")["to_fill"]
    assert (found["view"], found["is_new"], found["rows"]) == ("weather", False, 3)


def test_without_the_flag_apply_says_the_same(run):
    assert "(apply --fill loads them first):" in run("apply")
    assert run(*READ)["wind"] == [None]


def test_with_it_they_are_loaded_and_served_at_once(run):
    text = run("apply", "--fill")
    assert "Online rows to load first:\n    weather: 3 rows online now\n" in text
    assert "Loading 1 feature view to " in text
    assert "Registered feature view weather\n" in text
    assert run(*READ)["wind"] == [1.5]
    assert "No changes." in run("apply", "--fill")


def test_the_answer_as_json(run):
    answer = run("apply", "--fill", "--output", "json")
    assert [one["view"] for one in answer["to_fill"]] == ["weather"]
    assert (answer["applied"], answer["version"], answer["destroys"]) == (True, 3, False)


def test_a_rollback_can_do_so_too(run):
    run("apply", "--fill")
    text = run("rollback", "1", "--fill")
    assert "Online rows to load first:" in text
    assert run(*READ)["wind"] == [1.5]


def test_rows_that_are_only_online_need_consent(run, changed):
    row = {"origin": "SFO", "ts": changed.clock(), "wind": 9.0, "note": "pushed"}
    with changed.store() as store:
        store.write_to_online_store("weather", [row])
    error = run("apply", "--fill", "--output", "json", code=1)["error"]
    (problem,) = error["problems"]
    assert problem["got"] == "1 row, such as that of {'origin': 'SFO'}"
    assert problem["fix"].endswith("or --yes")
    assert "keep_pushed" not in problem["fix"]
    run("apply", "--fill", "--yes")
    assert run(*READ)["wind"] == [1.5]


def test_new_views_are_loaded_but_not_told_as_missing(run, changed):
    change(changed, 'name="delays"', 'name="lateness"')
    assert "lateness: " not in run("plan")
    assert "    lateness: new\n" in run("apply", "--fill", "--yes")
    pairs = ("--entity", "origin=JFK", "--entity", "carrier=B6", "--output", "json")
    assert run("get-online", "--features", "lateness:late", *pairs)["late"] == [7]
