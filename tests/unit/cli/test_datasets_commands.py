"""``provender datasets``: what each command says, for people and for programs."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import NOON

CREATE = ("datasets", "create", "train", "--entities", "flights.parquet", "--features", "weather")
TO = ("--storage", "train.parquet")


@pytest.fixture
def applied(run, weather, instants):
    columns = {"event_timestamp": instants(0, 0), "origin": ["JFK", "EWR"], "late": [1, 0]}
    pq.write_table(pa.table(columns), weather.path / "flights.parquet")
    run("apply")
    return weather


@pytest.fixture
def saved(run, applied):
    return run(*CREATE, *TO, "--tag", "team=ops")


def test_create_list_describe_and_delete(run, saved, applied):
    assert saved == "Saved dataset train: 2 rows → train.parquet\n"
    header, line = run("datasets", "list").splitlines()
    assert header.split() == ["NAME", "CREATED", "ROWS", "VERSION", "STORAGE"]
    assert line.split()[0] == "train"
    assert line.split()[-3:] == ["2", "1", "train.parquet"]
    (one,) = run("datasets", "list", "--tag", "team=ops", "--output", "json")
    assert run("datasets", "list", "--tag", "team=x", "--output", "json") == []
    described = run("datasets", "describe", "train", "--output", "json")
    assert described == one
    assert (one["name"], one["project"], one["tags"]) == ("train", "test", {"team": "ops"})
    assert (one["features"], one["known_at"], one["rows"]) == (["weather"], None, 2)
    assert one["storage"] == {"kind": "file", "place": "train.parquet"}
    assert one["schema"]["late"] == "int64"
    assert "SELECT" in one["query"]
    assert "catalog_version: 1\n" in run("datasets", "describe", "train")
    text = run("datasets", "delete", "train")
    assert text == "Removed saved dataset train; its rows stay in train.parquet\n"
    assert "There are no saved datasets" in run("datasets", "list")
    run(*CREATE, *TO, "--allow-overwrite")
    text = run("datasets", "delete", "train", "--rows")
    assert text == "Removed saved dataset train and its rows in train.parquet\n"
    assert not (applied.path / "train.parquet").exists()


def test_rebuild_and_verify(run, saved, applied, provender):
    assert run("datasets", "verify", "train") == "Saved dataset train: 2 rows as saved\n"
    done = provender("datasets", "rebuild", "train", cwd=applied.path)
    assert "rebuilt as now, since the sources have no created timestamp: weather" in done.stderr
    assert len(done.stdout.splitlines()) == 3
    run("datasets", "rebuild", "train", "--out", "again.parquet")
    again, first = (pq.read_table(applied.path / f"{n}.parquet") for n in ("again", "train"))
    assert str(again.to_pylist()) == str(first.to_pylist())
    pq.write_table(first.slice(1), applied.path / "train.parquet")
    done = provender("datasets", "verify", "train", cwd=applied.path, code=1)
    assert "are not those that were saved" in done.stderr


def test_compare_shows_what_differs(run, saved, applied, instants):
    assert run("datasets", "compare", "train", "--detailed-exitcode") == (
        "Saved dataset train: 2 rows, none differs\n"
    )
    columns = {"origin": ["JFK"], "ts": instants(3), "wind": [9.5], "note": ["calm"]}
    applied.rows("weather.parquet", columns)
    lines = run("datasets", "compare", "train").splitlines()
    assert lines[0] == "Saved dataset train: 2 of 2 rows differ"
    assert lines[1].split() == ["ROW", "event_timestamp", "origin", "COLUMN", "STORED", "REBUILT"]
    assert [line.split()[-3:] for line in lines[2:]] == [
        ["wind", "1.5", "9.5"],
        ["wind", "3.0", "null"],
    ]
    run("datasets", "compare", "train", "--detailed-exitcode", code=2)
    found = run("datasets", "compare", "train", "--most", "1", "--output", "json")
    assert (found["equal"], found["rows"], found["differing_rows"]) == (False, 2, 2)
    assert found["rebuilt_as_now"] == ["weather"]
    (first,) = found["differences"]
    assert first["entity"] == {"event_timestamp": NOON.isoformat(), "origin": "JFK"}
    assert (first["column"], first["stored"], first["rebuilt"]) == ("wind", 1.5, 9.5)


def test_columns_that_changed_are_named(run, saved, applied):
    file = applied.path / "features.py"
    file.write_text(file.read_text().replace('Field("wind", Float64), ', ""))
    run("apply")
    assert run("datasets", "compare", "train").startswith("Saved dataset train: 2 rows, none")
    text = run("datasets", "compare", "train", "--catalog-version", "2")
    assert text.startswith(
        "Column wind is no longer given\nSaved dataset train: 0 of 2 rows differ"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (CREATE, 2, "either --storage PATH or --table TABLE"),
        ((*CREATE, *TO, "--table", "x"), 2, "either --storage PATH or --table TABLE"),
        ((*CREATE, *TO, "--tag", "ops"), 2, "--tag needs KEY=VALUE"),
        ((*CREATE, "--table", "x"), 1, "the offline store writes no such tables"),
        ((*CREATE, "--storage", "x.csv"), 1, "rows cannot be stored there"),
        (("datasets", "describe", "x"), 1, "no saved dataset 'x'"),
        (("datasets", "compare", "x", "--most", "-1"), 2, "--most"),
    ],
)
def test_what_is_wrong_is_told(applied, provender, arguments, code, told):
    assert told in provender(*arguments, cwd=applied.path, code=code).stderr


def test_usefulness_draws_a_bar_for_each_feature(run, weather, instants):
    count = 60
    origins = [f"A{number:02}" for number in range(count)]
    gusts = [float(number % 2) for number in range(count)]
    columns = {"origin": origins, "ts": instants(*[1] * count), "wind": gusts}
    weather.rows("weather.parquet", columns | {"note": ["calm"] * count})
    flights = {"event_timestamp": instants(*[0] * count), "origin": origins, "late": gusts}
    pq.write_table(pa.table(flights), weather.path / "flights.parquet")
    run("apply")
    run(*CREATE, *TO)
    asked = ("datasets", "usefulness", "train", "--label", "late", "--permutations", "2")
    text = run(*asked, "--task", "classification")
    assert "classification of late: rated by 60 of 60 labelled rows" in text
    assert "█" * 20 in text
    assert "suspect: may hold the label" in text
    found = run(*asked, "--task", "classification", "--output", "json")
    assert found["suspects"] == [one["feature"] for one in found["features"] if one["suspect"]]
    assert found["features"][0]["feature"] == "wind"
    assert found["features"][0]["drift"] is None
