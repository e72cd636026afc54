"""The command: its verbs, exit codes and wording."""

from __future__ import annotations

import pytest


def test_apply_tells_what_it_creates_and_then_that_nothing_changes(repo, feast):
    code, printed = feast("-c", repo, "apply")
    assert code == 0, printed
    lines = printed.splitlines()
    assert lines[:3] == [
        "Applying changes for project drivers",
        "Created project drivers",
        "Created entity driver",
    ]
    for line in (
        "Created feature view driver_hourly_stats",
        "Created label view driver_quality_labels",
        "Created on demand feature view transformed_conv_rate",
        "Created feature service driver_activity_v1",
    ):
        assert line in lines
    code, printed = feast("-c", repo, "apply")
    assert (code, printed.splitlines()[1:]) == (
        0,
        ["No changes to registry", "", "No changes to infrastructure"],
    )


def test_what_is_no_longer_defined_is_deleted(applied, feast):
    file = applied / "feature_definitions.py"
    file.write_text(file.read_text().replace('name="driver_activity_v3"', 'name="newest"'))
    assert "Created feature service newest" in (printed := feast("-c", applied, "apply")[1])
    assert "Deleted feature service driver_activity_v3" in printed


def test_materializing_and_tearing_down_print_nothing(applied, feast):
    assert feast("-c", applied, "materialize-incremental", "2021-04-13T00:00:00") == (0, "")
    period = ("2021-04-12T00:00:00", "2021-04-13T00:00:00")
    assert feast("-c", applied, "materialize", *period, "-v", "driver_hourly_stats") == (0, "")
    assert feast("-c", applied, "teardown") == (0, "")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["materialize"], 2, "START_TS and END_TS are required unless"),
        (["materialize", "2021-04-12", "--disable-event-timestamp"], 2, "Cannot specify START_TS"),
        (["materialize", "yesterday", "2021-04-12"], 2, "not an ISO 8601 timestamp"),
        (["materialize-incremental", "2021-04-12", "-v", "nope"], 1, "nope"),
        (["nope"], 2, "No such command"),
    ],
)
def test_mistakes_end_with_a_code_and_without_a_traceback(applied, feast, arguments, code, told):
    ended, printed = feast("-c", applied, *arguments)
    assert (ended, "Traceback" in printed) == (code, False)
    assert told in printed


def test_there_has_to_be_a_repository(tmp_path, feast):
    code, printed = feast("-c", tmp_path, "apply")
    assert code == 1
    assert "Can't find feature repo configuration file" in printed


@pytest.mark.parametrize("name", ["_x", "-x", "a b"])
def test_names_of_projects_are_checked(tmp_path, feast, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert feast("init", "--", name)[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_a_minimal_repository_has_no_definitions(tmp_path, feast, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert feast("init", "--minimal", "bare")[0] == 0
    code, printed = feast("-c", "bare/feature_repo", "apply")
    assert code == 0
    assert "No project found in the repository" in printed
    assert "Created project bare" in printed


def test_the_version_is_that_of_the_interface(feast):
    code, printed = feast("version")
    assert code == 0
    assert 'Feast SDK Version: "0.67.0"' in printed
