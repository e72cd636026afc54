"""How a command ends: its exit code, what stands on stderr, and never a traceback by mistake."""

from __future__ import annotations

import json

import pytest

PLUGIN = """
import click
from provender.plugin import hookimpl


@click.command("greet", short_help="Say hello.")
def greet():
    click.echo("hello")


@click.command("break")
def broken():
    raise ZeroDivisionError("one by nothing")


@hookimpl
def provender_commands():
    return [greet, broken]
"""


@pytest.fixture
def extension(weather, tmp_path_factory):
    """Install an extension with commands, list it, and return the environment that finds it."""
    site = tmp_path_factory.mktemp("site")
    (site / "greeting.py").write_text(PLUGIN)
    metadata = site / "provender_greeting-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: provender-greeting\n")
    (metadata / "entry_points.txt").write_text("[provender.plugins]\ngreeting = greeting\n")
    weather.configure(plugins=["greeting"])
    return {"PYTHONPATH": str(site)}


@pytest.mark.parametrize("store", ["online_store", "registry"])
def test_an_empty_path_is_refused_with_its_place(weather, provender, store):
    weather.configure(**{store: {"path": ""}})
    text = provender("apply", code=1).stderr
    assert f"error: {store}.path is not valid\n  got: ''\n" in text
    assert "allowed: a string that is not empty" in text
    assert "feature_store.yaml:" in text


def test_plug_ins_add_commands_where_they_are_named(extension, weather, provender, tmp_path):
    here = {"cwd": weather.path, **extension}
    assert provender("greet", **here).stdout == "hello\n"
    assert "greet  Say hello." in provender("--help", **here).stdout
    assert "did you mean 'greet'?" in provender("greeet", code=2, **here).stderr
    weather.configure()
    assert "greet" not in provender("--help", **here).stdout
    provender("greet", code=2, **here)


def test_a_wrong_configuration_costs_the_help_only_a_warning(weather, provender):
    weather.configure(plugins=["nowhere"])
    done = provender("--help", cwd=weather.path)
    assert "Commands:" in done.stdout
    assert "warning: no plug-in 'nowhere' is installed" in done.stderr
    done = provender("plugins", cwd=weather.path)
    assert "local" in done.stdout


def test_a_fault_is_told_with_what_a_report_needs(extension, weather, provender):
    done = provender("--output", "json", "break", code=1, cwd=weather.path, **extension)
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError: one by nothing" in done.stderr
    assert "please report it" in done.stderr
    assert json.loads(done.stdout)["error"]["problems"][0]["got"].startswith("ZeroDivisionError")


def test_a_mistake_is_told_without_a_traceback_unless_one_asks(weather, provender):
    wrong = ("materialize-incremental", "soon")
    plain = provender(*wrong, code=1, cwd=weather.path)
    assert plain.stdout == ""
    assert plain.stderr.splitlines()[:2] == ["error: END is not a timestamp", "  got: 'soon'"]
    for done in (
        provender("--debug", *wrong, code=1, cwd=weather.path),
        provender(*wrong, code=1, cwd=weather.path, PROVENDER_DEBUG="1"),
    ):
        assert "Traceback" in done.stderr
        assert done.stderr.endswith(plain.stderr)


def test_mistakes_in_definitions_are_all_told_with_their_lines(weather, provender):
    file = weather.path / "features.py"
    file.write_text(file.read_text().replace('"wind"', '"wnd"').replace('"late"', '"lat"'))
    done = provender("apply", code=1, cwd=weather.path)
    places = [line for line in done.stderr.splitlines() if "error:" in line]
    assert len(places) == 2
    assert all(line.startswith("features.py:") for line in places)
    answer = provender("plan", "--output", "json", code=1, cwd=weather.path).stdout
    problems = json.loads(answer)["error"]["problems"]
    assert [problem["fix"] for problem in problems] == [
        "did you mean 'wind'?",
        "did you mean 'late'?",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--output", "xml", "version"],
        ["-c", "nowhere", "version"],
        ["historical", "--features", "weather"],
        ["historical", "--features", "weather", "--entities", "a.csv", "--sql", "SELECT 1"],
        ["get-online", "--features", "weather"],
        ["get-online", "--entity", "origin=JFK"],
        ["completion", "tcsh"],
        ["materialize", "2026-01-01"],
    ],
    ids=" ".join,
)
def test_a_command_line_that_cannot_be_understood(arguments, weather, provender):
    provender("apply", cwd=weather.path)
    done = provender(*arguments, code=2, cwd=weather.path)
    assert done.stdout == ""
    assert "Error: " in done.stderr


@pytest.mark.parametrize(
    ("rows", "fact"),
    [
        (["--entity", "origin"], "KEY=VALUE"),
        (["--entities-file", "nowhere.json"], "nowhere.json"),
        (["--entities-file", "half.json"], "half.json:1:"),
        (["--entities-file", "twice.json"], "the key 'id' is given twice in one object"),
        (["--entity", "orign=JFK"], "name it 'origin' instead of 'orign'"),
        (["--entity", "origin=JFK", "--entity", "carrier=UA", "--entity", "carrier=B6"], "length"),
    ],
)
def test_entities_that_cannot_be_read(rows, fact, weather, provender):
    provender("apply", cwd=weather.path)
    (weather.path / "half.json").write_text('[{"origin": ')
    (weather.path / "twice.json").write_text('[{"id": 1, "id": 2}]')
    code = 2 if rows == ["--entity", "origin"] else 1
    done = provender("get-online", *rows, "--features", "weather", code=code, cwd=weather.path)
    assert fact in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("event_timestamp,origin\nyesterday,JFK\n", "is not a timestamp"),
        ("event_timestamp,orign\n2026-03-01,JFK\n", "lack the join key 'origin'"),
        ("when,origin\n2026-03-01,JFK\n", "event_timestamp"),
        ("", "cannot be read"),
        ("a,b\n1\n", "cannot be read"),
        (None, "does not exist"),
    ],
)
def test_training_rows_that_cannot_be_read(text, fact, weather, provender):
    provender("apply", cwd=weather.path)
    if text is not None:
        (weather.path / "spine.csv").write_text(text)
    rows = ("--entities", "spine.csv", "--features", "weather")
    done = provender("historical", *rows, code=1, cwd=weather.path)
    assert fact in done.stderr
    assert "Traceback" not in done.stderr


def test_a_failed_command_leaves_the_file_that_was_there(weather, provender):
    provender("apply", cwd=weather.path)
    (weather.path / "spine.csv").write_text("event_timestamp,origin\n2026-03-01,JFK\n")
    out = weather.path / "train.parquet"
    out.write_text("precious")
    weather.rows("weather.parquet", {"origin": ["JFK"]})
    rows = ("--entities", "spine.csv", "--features", "weather", "--out", "train.parquet")
    assert "Traceback" not in provender("historical", *rows, code=1, cwd=weather.path).stderr
    assert out.read_text() == "precious"
