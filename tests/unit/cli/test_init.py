"""`provender init`: what it makes works at once, and it never writes over anything."""

from __future__ import annotations

import json

import pytest


def files(directory):
    return {path.relative_to(directory).as_posix() for path in directory.rglob("*")}


def test_the_example_project_works_at_once(provender, tmp_path):
    provender("init", "fraud")
    repository = tmp_path / "fraud" / "feature_repo"
    assert provender("apply", cwd=repository).stderr == ""
    moved = provender("materialize-incremental", "2026-05-01", cwd=repository).stdout
    assert "5 rows" in moved
    row = provender(
        "get-online",
        *("--entity", "driver_id=1001", "--features", "driver_stats", "--output", "json"),
        cwd=repository,
    )
    values = json.loads(row.stdout)
    assert values["driver_id"] == [1001]
    assert [v for name in ("trips_today", "acceptance", "rating") for v in values[name]] == [
        pytest.approx(v) for v in (11, 0.86, 3.4)
    ]
    trips = ("--entities", "../data/trips.parquet", "--features", "driver_stats")
    out = provender("historical", *trips, "--out", "train.parquet", cwd=repository).stdout
    assert out.startswith("400 rows in ")


def test_the_readme_of_the_example_runs(provender, tmp_path):
    provender("init", "fraud")
    text = (tmp_path / "fraud" / "README.md").read_text()
    assert text.startswith("# fraud\n")
    commands = text.split("```")[1].strip().splitlines()
    assert commands[0] == "cd feature_repo"
    for line in commands[1:]:
        words = line.replace("$(date -u +%Y-%m-%dT%H:%M:%S)", "2026-05-01").split()
        provender(*words[1:], cwd=tmp_path / "fraud" / "feature_repo")


def test_two_example_projects_hold_the_same_rows(provender, tmp_path):
    provender("init", "one")
    provender("init", "two")
    for name in ("driver_hours", "trips"):
        first, second = (tmp_path / p / "data" / f"{name}.parquet" for p in ("one", "two"))
        assert first.read_bytes() == second.read_bytes()


def test_the_minimal_project_can_be_applied_as_it_is(provender, tmp_path):
    provender("init", "--minimal", "fraud")
    repository = tmp_path / "fraud" / "feature_repo"
    assert "Registered entity customer" in provender("apply", cwd=repository).stdout


def test_without_a_name_one_is_invented(provender, tmp_path):
    answer = json.loads(provender("init", "--minimal", "--output", "json").stdout)
    assert tmp_path.joinpath(answer["project"]).is_dir()
    assert set(answer["files"]) == {
        f"{answer['project']}/feature_repo/feature_store.yaml",
        f"{answer['project']}/feature_repo/features.py",
        f"{answer['project']}/store",
    }
    provender("init", "--minimal")
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("name", ["1st", "my-project", "a/b", "..", "a.b", "ü", "a b", "x" * 101])
def test_a_name_that_no_project_can_have_is_refused(name, provender, tmp_path):
    assert "cannot be the name of a project" in provender("init", name, code=2).stderr
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    ("name", "why"),
    [("class", "a keyword of Python"), ("None", "a keyword"), ("provender", "of Provender itself")],
)
def test_a_word_of_python_or_provender_is_refused(name, why, provender, tmp_path):
    assert why in provender("init", name, code=2).stderr
    assert files(tmp_path) == set()


def test_nothing_is_written_over(provender, tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").touch()
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    for name in ("full", "file"):
        assert "nothing was written" in provender("init", name, code=1).stderr
    assert files(tmp_path) == {"full", "full/precious", "file", "empty"}
    provender("init", "--minimal", "empty")
    assert "empty/feature_repo/features.py" in files(tmp_path)
