"""``provender materialize --entity`` and ``--keys``: repairs, their answers and wrong arguments."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

READ = ("get-online", "--features", "weather:wind", "--output", "json")
ENTITIES = [part for origin in ("JFK", "LGA", "EWR") for part in ("--entity", f"origin={origin}")]


@pytest.fixture(autouse=True)
def mended(run, weather, instants):
    """Rows of three airports online, of which one had a wrong newest row and one is gone."""
    run("apply")
    columns = {"origin": ["JFK", "JFK", "LGA", "EWR"], "ts": instants(3, 1, 2, 1)}
    rows = {**columns, "wind": [1.5, 999.0, 2.0, 3.0], "note": ["calm", "wrong", "odd", None]}
    weather.rows("weather.parquet", rows)
    run("materialize-incremental", "2026-03-01T12:00:00")
    left = {name: pa.array(column).take(pa.array([0, 2])) for name, column in rows.items()}
    weather.rows("weather.parquet", left)
    return weather


def wind(run):
    return run(*READ, *ENTITIES)["wind"]


def test_entities_are_repaired_and_all_is_said(run):
    text = run("materialize", *ENTITIES)
    assert text == (
        "Repaired 3 entities of feature view weather: "
        "1 equal, 1 replaced by an older row, 1 deleted\n"
    )
    assert wind(run) == [1.5, 2.0, None]
    again = run("materialize", "--entity", "origin=JFK", "-v", "weather")
    assert again == "Repaired 1 entity of feature view weather: 1 equal\n"


def test_the_answer_as_json_with_an_end(run):
    answer = run("materialize", "2026-03-01T09:30", *ENTITIES, "--output", "json")
    counts = {"entities": 3, "equal": 0, "written": 0, "replaced": 1, "deleted": 2, "kept": 0}
    assert answer == {"store": "sqlite", "views": [{"view": "weather", **counts}], "used": {}}
    assert wind(run) == [1.5, None, None]


def test_rebuild_repairs_entities_in_place(run, provender, mended):
    text = run("rebuild", "weather", "--entity", "origin=JFK", "--end", "2026-03-01T12:00")
    assert text == "Repaired 1 entity of feature view weather: 1 replaced by an older row\n"
    assert wind(run) == [1.5, 2.0, 3.0]
    wrong = ("rebuild", "--entity", "origin=JFK", "--keep-pushed")
    assert "is for whole views" in provender(*wrong, cwd=mended.path, code=2).stderr


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "-"])
def test_the_entities_of_a_file(run, mended, kind):
    origins = ["JFK", "EWR", "JFK"]
    file = mended.path / f"keys.{kind}"
    lines = "".join(f'{{"origin": "{origin}"}}\n' for origin in origins)
    if kind == "csv":
        file.write_text("\n".join(["origin", *origins]))
    elif kind == "parquet":
        pq.write_table(pa.table({"origin": origins}), file)
    elif kind == "jsonl":
        file.write_text(lines)
    given = {"stdin": lines} if kind == "-" else {}
    text = run("materialize", "--keys", kind if given else file, **given)
    assert "2 entities of feature view weather: 1 replaced by an older row, 1 deleted" in text
    assert wind(run) == [1.5, 2.0, None]


def test_all_views_whose_join_keys_are_given(run):
    both = ("--entity", "origin=JFK", "--entity", "carrier=UA")
    answer = run("materialize", *both, "--output", "json")
    assert [view["view"] for view in answer["views"]] == ["delays", "weather"]
    answer = run("materialize", *both, "--views", "delays", "--output", "json")
    assert [view["view"] for view in answer["views"]] == ["delays"]


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["--entity", "origin=JFK", "--keys", "keys.csv"], 2, "not by both"),
        (["2026-01-01", "2026-02-01", "--entity", "origin=JFK"], 2, "START is not taken"),
        (["--rebuild", "--entity", "origin=JFK"], 2, "leave one of them out"),
        ([], 2, "Missing argument 'START'"),
        (["2026-01-01"], 2, "Missing argument 'END'"),
        (["soon", "--entity", "origin=JFK"], 1, "END is not a timestamp"),
        (["--entity", "origin"], 2, "KEY=VALUE"),
        (["--entity", "airport=JFK"], 1, "carrier, origin"),
        (["--entity", "carrier=UA"], 1, "lack join keys of feature view 'delays'"),
        (["--entity", "origin=JFK", "--views", "delays"], 1, "give carrier too"),
        (
            ["--entity", "origin=JFK", "--entity", "carrier=UA", "--entity", "carrier=B6"],
            1,
            "differ",
        ),
        (["--keys", "none.csv"], 1, "does not exist"),
        (["--keys", "keys.txt"], 1, "a file of this kind"),
    ],
)
def test_what_is_wrong_is_told_and_repairs_nothing(run, mended, provender, arguments, code, told):
    (mended.path / "keys.csv").write_text("origin\nJFK\n")
    done = provender("materialize", *arguments, cwd=mended.path, code=code)
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert wind(run) == [999.0, 2.0, 3.0]


def test_a_key_that_is_missing_in_a_file_is_named_with_its_line(run, mended, provender):
    (mended.path / "keys.jsonl").write_text('{"origin": "JFK"}\n\n{"origin": null}\n')
    done = provender("materialize", "--keys", "keys.jsonl", cwd=mended.path, code=1)
    assert "the join key 'origin' is null in line 3" in done.stderr
    assert "keys.jsonl:3" in done.stderr
