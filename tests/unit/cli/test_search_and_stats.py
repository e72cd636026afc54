"""Finding what is registered, and looking at its rows."""

from __future__ import annotations

import json


def answer(done):
    return json.loads(done.stdout)


def test_search_finds_names_descriptions_and_features(weather, provender):
    provender("apply")
    found = answer(provender("search", "WIND", "--output", "json"))
    assert [(one["kind"], one["name"]) for one in found] == [("feature", "weather:wind")]
    found = answer(provender("search", "flights begin", "--output", "json"))
    assert [(one["name"], one["where"]) for one in found] == [("origin", ["description"])]
    assert "weather:wind" in provender("search", "wind").stdout
    assert "Nothing matches" in provender("search", "no such word").stdout


def test_features_are_listed(weather, provender):
    assert "No features" in provender("features", "list").stdout
    provender("apply")
    found = answer(provender("features", "list", "--output", "json"))
    assert [one["feature"] for one in found] == ["delays:late", "weather:wind", "weather:note"]
    assert found[0]["entities"] == ["origin", "carrier"]
    assert "weather:note" in provender("features", "list").stdout


def test_figures_of_a_view(weather, provender):
    provender("apply")
    found = answer(provender("stats", "weather", "--output", "json"))
    columns = {one["name"]: one for one in found["columns"]}
    assert found["rows"] == 3
    assert columns["note"]["nulls"] == 1
    assert columns["wind"]["nans"] == 1
    assert columns["wind"]["quantiles"]["1.0"] == 3.0
    assert columns["origin"]["distinct"] == 3
    printed = provender("stats", "weather").stdout
    assert "weather: 3 rows, from 2026-03-01 09:00:00+00:00" in printed
    assert "1 (33.3%)" in printed
    some = provender("stats", "weather", "--from", "2026-03-01T10:30", "--output", "json")
    assert answer(some)["rows"] == 1
    assert "did you mean" in provender("stats", "wether", code=1).stderr


def test_rows_of_a_view(weather, provender, tmp_path):
    provender("apply")
    found = answer(provender("rows", "weather", "--output", "json"))["rows"]
    assert {row["origin"] for row in found} == {"JFK", "LGA", "EWR"}
    found = answer(
        provender("rows", "delays", "--mode", "ranges", "--to", "2026-03-02", "--output", "json")
    )["rows"]
    assert [row["valid_to"] for row in found] == [None, None]
    provender("rows", "weather", "--mode", "snapshot", "--out", tmp_path / "snapshot.parquet")
    assert (tmp_path / "snapshot.parquet").is_file()
