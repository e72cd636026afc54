"""Answers as text and as JSON, on stdout and nowhere else."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from provender import FeatureView, FileSource, __version__
from provender.cli.frame import output
from provender.cli.frame.invocation import Invocation
from provender.cli.frame.output import print_table
from provender.cli.frame.progress import rate_text


@pytest.fixture
def loaded(run):
    run("apply")
    run("materialize-incremental", "2026-03-01T12:00:00")


@pytest.mark.parametrize(
    ("rows", "seconds", "text"),
    [
        (2000, 0.1, "2,000 rows in 0.1 s (20,000 rows/s)"),
        (2, 4.1, "2 rows in 4.1 s"),
        (0, 4.1, "0 rows in 4.1 s"),
        (3, 0.0, "3 rows in 0.0 s"),
    ],
)
def test_a_rate_is_shown_from_one_row_a_second_on(rows, seconds, text):
    assert rate_text(rows, seconds) == text


def test_version(provender):
    assert provender("version").stdout == f"provender {__version__}\n"
    assert json.loads(provender("version", "--output", "json").stdout)["provender"] == __version__


def test_plan_tells_and_changes_nothing(run):
    text = run("plan")
    assert "+ feature view weather" in text
    assert text.endswith("Plan: 6 to add, 0 to change, 0 to remove.\n")
    plan = run("plan", "--output", "json")
    added = {"action": "add", "kind": "entity", "name": "origin", "fields": []}
    assert {**added, "impact": "compatible", "reason": ""} in plan["changes"]
    assert plan["destroys"] is False
    assert run("entities", "list", "--output", "json") == []
    assert "No entities are registered" in run("entities", "list")


def test_apply_tells_what_changes_then_what_is_registered(run, weather):
    lines = run("apply").splitlines()
    begin = lines.index("Registered entity origin")
    assert lines[begin:] == [
        "Registered entity origin",
        "Registered entity carrier",
        "Registered feature view weather",
        "Registered feature view delays",
        "Deploying infrastructure for weather",
        "Deploying infrastructure for delays",
    ]
    assert run("apply").startswith("No changes.\n")
    file = weather.path / "features.py"
    file.write_text(file.read_text().replace("Where flights begin", "An airport"))
    assert "    description: 'Where flights begin' → 'An airport'" in run("plan")
    answer = run("apply", "--output", "json")
    assert answer["applied"] is True
    assert [change["action"] for change in answer["changes"]] == ["change"]


def test_older_names_are_told_once_in_one_line_each_on_stderr(weather, provender):
    file = weather.path / "features.py"
    file.write_text(
        file.read_text().replace("timestamp_field", "event_timestamp_column")
        + "\nprint('said by the module')\n"
    )
    done = provender("apply", "--output", "json", cwd=weather.path)
    json.loads(done.stdout)
    new = "use FileSource(timestamp_field=)"
    assert sorted(done.stderr.splitlines()) == [
        *(
            f"features.py:{line}: warning: FileSource(event_timestamp_column=) "
            f"is the older name: {new}"
            for line in (11, 17)
        ),
        "said by the module",
    ]


@pytest.mark.usefixtures("loaded")
def test_lists_and_descriptions(run):
    assert run("entities", "list").splitlines()[0].split() == [
        *("NAME", "JOIN", "KEY", "TYPE", "DESCRIPTION", "TAGS")
    ]
    views = run("feature-views", "list", "--output", "json")
    assert [view["name"] for view in views] == ["delays", "weather"]
    assert "weather.parquet" in run("data-sources", "list")
    assert "name: weather" in run("feature-views", "describe", "weather")
    view = run("feature-views", "describe", "weather", "--output", "json")
    assert view["ttl_seconds"] is None
    assert view["entities"] == ["origin"]
    for kind, name in (("entities", "orign"), ("feature-views", "wether"), ("data-sources", "w")):
        error = run(kind, "describe", name, "--output", "json", code=1)["error"]
        assert error["type"] == "NotFound"


def test_materialize_reports_every_view(run):
    run("apply")
    answer = run(
        "--output", "json", "materialize", "2026-03-01", "2026-03-01T12:00", "-v", "delays"
    )
    assert answer == {
        "store": "sqlite",
        "views": [
            {
                "view": "delays",
                "start": "2026-03-01T00:00:00+00:00",
                "end": "2026-03-01T12:00:00+00:00",
                "rows": 2,
                "read": 2,
                "equal": 0,
                "kept_back": 0,
                "warning": None,
                "error": None,
            }
        ],
        "used": {},
    }


def test_a_view_that_fails_is_in_the_one_answer_and_the_others_are_moved(run, weather):
    run("apply")
    (weather.path / "delays.parquet").unlink()
    answer = run("materialize-incremental", "2026-03-01T12:00", "--output", "json", code=1)
    delays, wind = answer["views"]
    assert delays["error"]["type"] == "SourceError"
    assert (wind["view"], wind["rows"], wind["error"]) == ("weather", 3, None)


@pytest.mark.usefixtures("loaded")
def test_online_values_say_why_they_are_null(run):
    rows = ("--entity", "origin=EWR", "--entity", "origin=ORD", "--features", "weather:note")
    lines = run("get-online", *rows).splitlines()
    assert [line.split(maxsplit=1) for line in lines] == [
        ["origin", "note"],
        ["EWR", "null (NULL_VALUE)"],
        ["ORD", "null (NOT_FOUND)"],
    ]
    assert run("get-online", *rows, "--output", "json") == {
        "origin": ["EWR", "ORD"],
        "note": [None, None],
    }
    more = run("get-online", *rows, "--statuses", "--timestamps", "--output", "json")
    assert more["note__status"] == ["NULL_VALUE", "NOT_FOUND"]
    assert more["note__ts"] == ["2026-03-01T11:00:00+00:00", None]


@pytest.mark.usefixtures("loaded")
def test_online_values_survive_json(run, weather):
    pairs = ("--entity", "origin=JFK", "--entity", "carrier=UA")
    answer = run("get-online", *pairs, "--features", "delays,weather:wind", "--output", "json")
    assert answer == {"origin": ["JFK"], "carrier": ["UA"], "late": [2**60 + 1], "wind": [1.5]}
    rows = json.dumps([{"origin": "LGA"}, {"origin": "JFK"}])
    (weather.path / "rows.json").write_text(rows)
    features = ("--features", "weather:wind", "--full-feature-names", "--output", "json")
    for source, stdin in (("rows.json", None), ("-", rows)):
        answer = run("get-online", "--entities-file", source, *features, stdin=stdin)
        assert answer["weather__wind"] == ["NaN", 1.5]


@pytest.mark.usefixtures("loaded")
def test_historical_prints_the_first_rows_or_writes_all(run, weather):
    (weather.path / "spine.csv").write_text(
        "event_timestamp,origin\n2026-03-01 11:30:00,JFK\n2026-03-01 00:00:00,LGA\n"
    )
    rows = ("--entities", "spine.csv", "--features", "weather:wind", "--features", "weather:note")
    assert "… the first 1 row;" in run("historical", *rows, "--limit", "1")
    answer = run("historical", *rows, "--output", "json")
    assert answer["more"] is False
    assert [(r["origin"], r["wind"], r["note"]) for r in answer["rows"]] == [
        ("JFK", 1.5, "calm"),
        ("LGA", None, None),
    ]
    done = run("historical", *rows, "--out", "train.parquet", "--output", "json")
    assert done["rows"] == 2
    assert pq.read_table(weather.path / "train.parquet").num_rows == 2
    assert "ASOF" in run("historical", *rows, "--show-sql", "--output", "json")["sql"]
    cost = {"rows": None, "bytes": None, "price": None, "currency": "USD"}
    assert run("historical", *rows, "--dry-run", "--output", "json") == cost
    assert "cannot estimate what" in run("historical", *rows, "--dry-run")


@pytest.mark.usefixtures("loaded")
def test_historical_takes_dates_in_a_csv_file_and_sql(run, weather):
    (weather.path / "spine.csv").write_text("event_timestamp,origin\n2026-03-02,JFK\n")
    features = ("--features", "weather:wind", "--output", "json")
    assert run("historical", "--entities", "spine.csv", *features)["rows"][0]["wind"] == 1.5
    sql = "SELECT 'JFK' AS origin, TIMESTAMPTZ '2026-03-02 00:00:00+00' AS at"
    found = run("historical", "--sql", sql, "--timestamp-field", "at", *features)
    assert found["rows"][0]["wind"] == 1.5


def test_the_schema_of_the_configuration_is_one(run):
    schema = json.loads(run("config", "schema"))
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"project", "registry", "online_store"} <= schema["properties"].keys()


def test_global_options_stand_before_or_after_the_command(weather, provender, tmp_path):
    other = tmp_path / "elsewhere"
    other.mkdir()
    config = weather.path / "feature_store.yaml"
    config.rename(weather.path / "other.yaml")
    file = ("-f", "other.yaml", "--output", "json")
    for arguments in (
        ("-c", weather.path, *file, "plan"),
        ("plan", "-c", weather.path, *file),
        ("--chdir", weather.path, "plan", *file),
    ):
        assert json.loads(provender(*arguments, cwd=other).stdout)["project"] == "test"


def test_teardown_removes_the_project(run, weather):
    run("apply")
    error = run("teardown", "--output", "json", code=1)["error"]
    assert "--yes" in error["problems"][0]["fix"]
    answer = run("teardown", "--yes", "--output", "json")
    assert answer == {"project": "test", "removed_views": ["delays", "weather"]}
    assert run("feature-views", "list", "--output", "json") == []
    assert (weather.path / "weather.parquet").exists()


def test_a_feature_service_by_its_name(run, weather):
    file = weather.path / "features.py"
    text = file.read_text().replace("import Entity", "import Entity, FeatureService")
    file.write_text(text + '\nwinds = FeatureService("winds", [weather[["wind"]]], owner="ann")\n')
    assert "Registered feature service winds" in run("apply")
    run("materialize-incremental", "2026-03-01T12:00:00")
    answer = run("get-online", "--entity", "origin=JFK", "--service", "winds", "--output", "json")
    assert answer == {"origin": ["JFK"], "wind": [1.5]}
    row = run("feature-services", "list").splitlines()[1]
    assert row.split() == ["winds", "weather[wind]", "ann"]
    assert "name: winds" in run("feature-services", "describe", "winds")
    assert run("show", "winds", "--output", "json")["feature service"]["owner"] == "ann"
    for wrong in ([], ["--service", "winds", "--features", "weather"]):
        run("get-online", "--entity", "origin=JFK", *wrong, code=2)
    error = run("get-online", "--service", "x", "--entity", "a=b", "--output", "json", code=1)
    assert error["error"]["type"] == "NotFound"


def test_a_view_without_entities_is_read_without_any(repository, provender, instants):
    repository.rows("world.parquet", {"ts": instants(5), "mood": ["good"]})
    store = repository.store()
    store.apply(FeatureView("world", source=FileSource("world.parquet", timestamp_field="ts")))
    store.materialize_incremental(repository.clock())
    done = provender("get-online", "--features", "world:mood", cwd=repository.path)
    assert done.stdout.split() == ["mood", "good"]


@pytest.mark.parametrize("mode", ["events", "snapshot", "ranges"])
def test_that_there_are_no_rows_is_said(run, loaded, mode):
    text = run("rows", "weather", "--from", "1990-01-01", "--to", "1990-01-02", "--mode", mode)
    assert text == "There are no rows.\n"


@pytest.mark.parametrize("command", ["rows", "stats"])
def test_an_inverted_range_is_refused(weather, provender, loaded, command):
    ends = ("--from", "1990-01-02", "--to", "1990-01-01")
    done = provender(command, "weather", *ends, cwd=weather.path, code=1)
    assert "the start is after the end" in done.stderr


def test_one_view_is_singular(run):
    run("apply")
    moved = run("materialize-incremental", "2026-03-01T12:00:00", "--views", "weather")
    assert moved.startswith("Materializing 1 feature view to ")


def test_apply_names_only_what_changes(run, weather):
    run("apply")
    assert run("apply") == "No changes.\n"
    features = weather.path / "features.py"
    features.write_text(features.read_text().replace("Where flights begin", "Departures"))
    lines = run("apply").splitlines()
    assert [line for line in lines if line.startswith(("Registered", "Deploying"))] == [
        "Registered entity origin"
    ]


@pytest.mark.parametrize(("columns", "layout"), [(6, "folded"), (11, "row by row")])
def test_a_table_fits_the_terminal_and_is_whole_elsewhere(capsys, monkeypatch, columns, layout):
    headers = [f"column_{n}" for n in range(columns)]
    rows = [["word " * 9] + ["x" * 12] * (columns - 1)] * 2
    print_table(Invocation(), headers, rows)
    whole = capsys.readouterr().out
    assert len(whole.splitlines()) == 3
    assert "word " * 9 in whole
    monkeypatch.setattr(output, "_terminal_width", lambda: 80)
    print_table(Invocation(), headers, rows)
    fitting = capsys.readouterr().out
    assert max(map(len, fitting.splitlines())) <= 80
    assert fitting.count("word") == 18
    assert ("column_0   word" in fitting) is (layout == "row by row")


def test_warnings_about_the_project_are_one_line_each(weather, provender):
    config = weather.path / "feature_store.yaml"
    config.write_text(config.read_text() + "flags: {}\n")
    features = weather.path / "features.py"
    older = 'Entity("origin", value_type=String, labels={"a": "b"}, description'
    features.write_text(
        features.read_text().replace('Entity("origin", value_type=String, description', older)
    )
    for command, count in (("plan", 2), ("log", 1)):
        lines = provender(command, cwd=weather.path).stderr.splitlines()
        assert len(lines) == count
        assert all(": warning: " in line for line in lines)
        assert "'flags'" in lines[0]
