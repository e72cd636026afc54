"""The catalog's versions on the command line: log, diff, show, rollback, projects, exit codes."""

from __future__ import annotations

import pytest


@pytest.fixture
def edit(weather):
    """Replace text in the repository's definitions."""
    file = weather.path / "features.py"

    def replace(old, new):
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    return replace


@pytest.fixture
def changed(run, edit):
    """Two versions: what the repository begins with, and one feature more for delays."""
    run("apply", "--author", "ann", "-m", "First features")
    edit('[Field("late", Int64)]', '[Field("late", Int64), Field("late2", Int64)]')
    edit(
        'FileSource("delays.parquet"',
        'FileSource("delays.parquet", field_mapping={"late": "late2"}',
    )
    edit('Field("late", Int64), ', "")
    run("apply", "--author", "bo", "-m", "Another name")


def test_plan_ends_with_2_when_something_would_change(run):
    assert run("plan", "--detailed-exitcode", code=2).endswith("0 to remove.\n")
    assert run("plan", "--detailed-exitcode", "--output", "json", code=2)["changes"]
    run("plan")
    run("apply")
    assert run("plan", "--detailed-exitcode") == "No changes.\n"


def test_a_plan_names_tables_and_what_changes_mean(run, edit):
    assert "+ online table of delays\n" in run("plan")
    run("apply")
    run("materialize-incremental", "2026-03-01T12:00:00")
    edit("entities=[airport, carrier]", "entities=[carrier]")
    text = run("plan")
    line = next(line for line in text.splitlines() if "keys.origin" in line)
    assert line.endswith("(breaking: its rows are looked up by another key)")
    assert "! online rows of delays are lost: 2 rows" in text
    plan = run("plan", "--output", "json")
    assert plan["tables_dropped"] == [{"table": "test.delays.0", "rows": 2}]
    assert plan["tables_made"] == ["test.delays.1"]
    (change,) = plan["changes"]
    assert change["impact"] == "breaking"
    assert {"path", "before", "after", "impact", "reason"} == set(change["fields"][0])


@pytest.mark.usefixtures("changed")
def test_log_tells_every_version(run):
    lines = run("log").splitlines()
    assert lines[0].startswith("version 2  20")
    assert lines[0].endswith(" UTC  bo  Another name")
    assert lines[1].startswith("    ~ data source delays.parquet")
    assert any("~ feature view delays  (breaking" in line for line in lines)
    assert any("+ entity origin" in line for line in lines)
    assert "version 1" not in run("log", "-n", "1")
    commits = run("log", "--output", "json")
    assert [(c["version"], c["author"], c["message"]) for c in commits] == [
        (2, "bo", "Another name"),
        (1, "ann", "First features"),
    ]
    assert commits[0]["changes"][0]["kind"] == "data source"


def test_log_shows_what_each_change_means(run, edit):
    run("apply")
    edit(', Field("note", String)', "")
    run("apply")
    (line,) = [line for line in run("log", "-n", "1").splitlines() if "feature view" in line]
    assert line == "    ~ feature view weather  (breaking: requests for it fail)"


def test_plans_show_lengths_of_time_and_fields_in_words(run, edit):
    run("apply")
    edit('name="delays",', 'name="delays", ttl=timedelta(days=1, hours=2),')
    edit("from provender import", "from datetime import timedelta\nfrom provender import")
    edit('Field("note", String)]', 'Field("note", String), Field("wind2", Float64)]')
    edit('"weather.parquet",', '"weather.parquet", field_mapping={"wind": "wind2"},')
    edit('Field("wind", Float64), ', "")
    text = run("plan")
    assert "    ttl: + 1 day, 2 hours" in text
    assert "    schema.wind2: + wind2: Float64" in text
    assert "    schema.wind: - wind: Float64" in text
    run("apply")
    edit("timedelta(days=1, hours=2)", "timedelta(minutes=90)")
    text = run("plan")
    assert "    ttl: 1 day, 2 hours → 1 hour, 30 minutes" in text
    assert "1 day, 2 hours" in run("feature-views", "list")
    assert "ttl: 1 day, 2 hours\n" in run("show", "delays")
    assert run("show", "delays", "--output", "json")["feature view"]["ttl_seconds"] == 93600


def test_log_of_nothing(run):
    assert run("log").startswith("Nothing was registered yet")
    assert run("log", "--output", "json") == []


@pytest.mark.usefixtures("changed")
def test_diff_between_versions(run):
    text = run("diff", "1", "2")
    assert "    schema.late2: + " in text
    assert run("diff", "1") == text
    assert "- " in run("diff", "2", "1")
    assert run("diff", "2", "2") == "Versions 2 and 2 are the same.\n"
    answer = run("diff", "1", "--output", "json")
    assert (answer["from"], answer["to"]) == (1, 2)
    error = run("diff", "1", "9", "--output", "json", code=1)["error"]
    assert error["problems"][0]["allowed"] == "0 to 2"


@pytest.mark.usefixtures("changed")
def test_show_a_definition_now_and_as_it_was(run):
    assert "name: late2" in run("show", "delays")
    assert "name: late\n" in run("show", "delays@1")
    now, then = (
        run("show", "delays", "--output", "json"),
        run("show", "delays@1", "--output", "json"),
    )
    assert [f["name"] for f in now["feature view"]["schema"]] == ["late2"]
    assert [f["name"] for f in then["feature view"]["schema"]] == ["late"]
    assert list(run("show", "origin", "--output", "json")) == ["entity"]
    assert list(run("show", "delays.parquet@1", "--output", "json")) == ["data source"]


@pytest.mark.usefixtures("changed")
def test_show_what_there_is_not(run, provender, weather):
    error = run("show", "delay", "--output", "json", code=1)["error"]
    assert error["problems"][0]["fix"] == "did you mean 'delays'?"
    assert run("show", "delays@7", "--output", "json", code=1)["error"]["type"] == "NotFound"
    assert "is not a version" in provender("show", "delays@x", cwd=weather.path, code=2).stderr


@pytest.mark.usefixtures("changed")
def test_rollback_shows_the_plan_and_does_it(run):
    text = run("rollback", "1", "--author", "cleo")
    assert "~ feature view delays" in text
    assert text.endswith("Version 3 registers what version 1 did\n")
    assert run("diff", "1", "3").endswith("are the same.\n")
    newest = run("log", "-n", "1", "--output", "json")[0]
    assert (newest["author"], newest["message"]) == ("cleo", "Roll back to version 1")
    assert run("rollback", "2", "--output", "json")["version"] == 4
    assert run("rollback", "9", "--output", "json", code=1)["error"]["type"] == "NotFound"


def test_a_rollback_that_loses_rows_needs_a_yes(run, edit, weather, provender):
    file = weather.path / "features.py"
    whole = file.read_text()
    file.write_text(whole.partition("delays =")[0])
    run("apply")
    file.write_text(whole)
    run("apply")
    run("materialize-incremental", "2026-03-01T12:00:00")
    error = run("rollback", "1", "--output", "json", code=1)["error"]
    assert error["problems"][0]["got"] == "2 rows of delays"
    assert run("rollback", "1", "--yes").startswith("- ")


@pytest.mark.usefixtures("changed")
def test_the_projects_of_the_registry(run, weather):
    weather.configure(project="another")
    assert "No feature views are registered" in run("feature-views", "list")
    run("apply", "--author", "dan")
    lines = run("projects", "list").splitlines()
    assert lines[0].split()[:3] == ["NAME", "VERSION", "CHANGED"]
    assert lines[1].split()[:3] == ["*", "another", "1"]
    assert lines[2].split()[:2] == ["test", "2"]
    answer = run("projects", "list", "--output", "json")
    assert [(p["name"], p["author"], p["feature_views"]) for p in answer] == [
        ("another", "dan", 2),
        ("test", "bo", 2),
    ]
