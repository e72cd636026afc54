"""``provender forget``: consent, answers and what is wrong with the keys that are given."""

from __future__ import annotations

import pytest

YES = ("--yes", "--output", "json")
READ = ("get-online", "--features", "weather:wind", "--entity", "origin=JFK", "--output", "json")


@pytest.fixture(autouse=True)
def loaded(run):
    run("apply")
    run("materialize-incremental", "2026-03-01T12:00:00")


def test_an_entity_is_erased_and_all_is_said(run):
    text = run("forget", "--entity", "origin=JFK", "--yes")
    assert text.splitlines() == [
        "Erased origin=JFK from feature view weather: 1 row",
        "Not touched: feature view delays, which also needs carrier",
        "The rows in the sources were not changed: as long as they hold the entity, materializing "
        "their time range loads it again",
    ]
    assert run(*READ)["wind"] == [None]
    again = run("forget", "--entity", "origin=JFK")  # nothing is lost: nobody is asked
    assert "Feature view weather held no row of origin=JFK" in again


def test_erasing_needs_consent(run):
    error = run("forget", "--entity", "origin=JFK", "--output", "json", code=1)["error"]
    (problem,) = error["problems"]
    assert problem["got"] == "1 online row of weather"
    assert "--yes" in problem["fix"]
    assert run(*READ)["wind"] == [1.5]


def test_the_answer_as_json(run):
    answer = run("forget", "--entity", "origin=JFK", "--entity", "carrier=UA", *YES)
    assert answer == {
        "project": "test",
        "entity": {"origin": "JFK", "carrier": "UA"},
        "erased": [
            {"view": "delays", "tables": ["test.delays.0"], "rows": 1},
            {"view": "weather", "tables": ["test.weather.0"], "rows": 1},
        ],
        "not_touched": [],
    }
    answer = run("forget", "--entity", "origin=EWR", "--view", "weather", *YES)
    assert [erased["view"] for erased in answer["erased"]] == ["weather"]
    answer = run("forget", "--entity", "origin=LGA", *YES)
    assert answer["not_touched"] == [{"view": "delays", "missing_keys": ["carrier"]}]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ([], 2, "--entity"),
        (["--entity", "origin"], 2, "KEY=VALUE"),
        (["--entity", "origin=JFK", "--entity", "origin=LGA"], 2, "one entity"),
        (["--entity", "airport=JFK"], 1, "carrier, origin"),
        (["--entity", "origin=JFK", "--view", "delays"], 1, "give carrier too"),
        (["--entity", "origin=JFK", "--view", "dlays"], 1, "delays"),
    ],
)
def test_what_is_wrong_is_told_and_erases_nothing(run, weather, provender, arguments, code, told):
    text = provender("forget", *arguments, "--yes", cwd=weather.path, code=code).stderr
    assert told in text
    assert "Traceback" not in text
    assert run(*READ)["wind"] == [1.5]


def test_a_key_of_two_types_is_told_with_the_way_out(run, weather, provender, instants):
    from provender.types import Int64

    text = (weather.path / "features.py").read_text()
    text += """
from provender.types import Int64
number = Entity("number", join_keys=["origin"], value_type=Int64)
counts = FeatureView(
    name="counts", entities=[number], source=FileSource("counts.parquet", timestamp_field="ts")
)
"""
    (weather.path / "features.py").write_text(text)
    columns = {"origin": [7], "ts": instants(1), "count": [3]}
    weather.rows("counts.parquet", columns)
    run("apply")
    run("materialize-incremental", "2026-03-01T12:00:00")
    wrong = ("forget", "--entity", "origin=7", "--yes")
    told = provender(*wrong, cwd=weather.path, code=1).stderr
    assert "join key 'origin' has different types" in told
    answer = run("forget", "--entity", "origin=7", "--view", "counts", *YES)
    assert answer["entity"] == {"origin": 7}
    assert answer["erased"][0]["rows"] == 1
    assert str(Int64) in told
