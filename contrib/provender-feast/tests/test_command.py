"""The command: its verbs, exit codes and wording."""

from __future__ import annotations

import json
from datetime import UTC, datetime

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


def test_materializing_tells_what_it_loads(applied, feast):
    period = ("2021-04-12T00:00:00", "2021-04-13T00:00:00")
    code, printed = feast("-c", applied, "materialize", *period, "-v", "driver_hourly_stats")
    assert (code, printed.splitlines()[0]) == (
        0,
        "Materializing 1 feature views from 2021-04-12 00:00:00+00:00 to 2021-04-13 00:00:00+00:00 "
        "into the sqlite online store.",
    )
    assert "5 rows read: 5 written" in printed
    code, printed = feast("-c", applied, "materialize-incremental", "2021-04-13T00:00:00")
    assert (code, "Materializing 2 feature views to 2021" in printed) == (0, True)
    assert feast("-c", applied, "teardown") == (0, "")
    assert feast("-c", applied, "entities", "list") == (0, "NAME    DESCRIPTION    TYPE\n")


def test_a_plan_changes_nothing(applied, feast):
    file = applied / "feature_definitions.py"
    file.write_text(file.read_text().replace("timedelta(days=1)", "timedelta(days=2)", 1))
    for _ in range(2):
        lines = feast("-c", applied, "plan")[1].splitlines()
        assert lines[0] == "Updated feature view driver_hourly_stats"
        assert lines[1].startswith("\tttl: ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("entities list", "driver                 ValueType.UNKNOWN"),
        ("entities describe driver", "  joinKey: driver_id"),
        ("feature-views list --tags team:drivers", "driver_hourly_stats        {'driver'}"),
        ("feature-views list", "transformed_conv_rate        {'driver'}  OnDemandFeatureView  Yes"),
        ("feature-views describe transformed_conv_rate", "      featureViewName: driver_hourly"),
        ("on-demand-feature-views list", "transformed_conv_rate"),
        ("label-views describe driver_quality_labels", "  conflictPolicy: LAST_WRITE_WINS"),
        ("feature-services list", "driver_activity_v1  driver_hourly_stats:conv_rate, transformed"),
        ("data-sources list", "<class 'feast.data_source.RequestSource'>"),
        ("data-sources describe driver_stats_file", "  uri: data/driver_stats.parquet"),
        ("projects list", "drivers"),
        ("projects current_project", "  name: drivers"),
        ("features list", "driver_metadata      driver_hourly_stats          Map"),
        ("features describe acc_rate", '"Data Type": "Float32"'),
        ("saved-datasets list", "NAME"),
        ("permissions list", "REQUIRED_TAGS"),
        ("configuration", "  path: data/online_store.db"),
        ("registry-dump", '"joinKey": "driver_id"'),
    ],
)
def test_what_is_registered_is_listed_and_described(applied, feast, arguments, told):
    code, printed = feast("-c", applied, *arguments.split())
    assert code == 0, printed
    assert told in printed


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("entities", "Entity"),
        ("feature-views", "Feature view"),
        ("on-demand-feature-views", "On demand feature view"),
        ("label-views", "Feature view"),
        ("feature-services", "Feature service"),
        ("data-sources", "Data source"),
        ("saved-datasets", "Saved dataset"),
        ("permissions", "Permission"),
    ],
)
def test_what_is_not_there_is_told_in_feasts_words(applied, feast, what, words):
    code, printed = feast("-c", applied, what, "describe", "nope")
    assert code == 1
    assert f"{words} nope does not exist in project drivers" in printed
    assert "provender apply" not in printed


def test_features_are_printed_as_json(applied, feast):
    now = datetime.now(UTC).isoformat()
    rows = json.dumps([{"driver_id": 1001, "event_timestamp": now}])
    ask = ("-f", "driver_hourly_stats:avg_daily_trips")
    code, printed = feast("-c", applied, "get-historical-features", "-d", rows, *ask)
    assert code == 0
    (joined,) = json.loads(printed)
    assert feast("-c", applied, "materialize-incremental", now)[0] == 0
    keys = ("-e", "driver_id=1001", "-e", "driver_id=9")
    code, printed = feast("-c", applied, "get-online-features", *keys, *ask)
    assert code == 0
    assert json.loads(printed) == {
        "driver_id": [1001, 9],
        "avg_daily_trips": [joined["avg_daily_trips"], None],
    }


def test_an_object_is_deleted_by_its_name(applied, feast):
    assert feast("-c", applied, "delete", "nope") == (0, "Object not found. Deletion skipped.\n")
    code, printed = feast("-c", applied, "delete", "driver_activity_v1")
    assert (code, printed) == (0, "Deleted FeatureService driver_activity_v1 from drivers.\n")
    assert "driver_activity_v1" not in feast("-c", applied, "feature-services", "list")[1]


def test_a_source_without_the_join_key_is_named_by_feasts_exception(repo, feast):
    file = repo / "feature_definitions.py"
    file.write_text(file.read_text().replace('join_keys=["driver_id"]', 'join_keys=["rider"]'))
    code, printed = feast("-c", repo, "apply")
    assert code == 1
    assert "feast.errors.FeastJoinKeysDuringMaterialization: " in printed


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
