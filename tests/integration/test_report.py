"""``pytest --provender-report``, with the wheel of Provender in a clean environment."""

from __future__ import annotations

import json
from itertools import chain

import pytest

from built.flawed_provider import write_flawed_provider
from built.wheels import new_environment

SOME = "within_a_batch or many_writing_processes or replay"
LOCAL = """
from provender.testing.online_suite import OnlineStoreSuite


class TestSqlite(OnlineStoreSuite):
    provider = "local"
"""


@pytest.fixture(scope="module")
def place(core_wheel, tmp_path_factory):
    """An environment with Provender and the flawed provider, in whose directory pytest runs."""
    environment = new_environment(tmp_path_factory.mktemp("reports"))
    environment.install(core_wheel, write_flawed_provider(environment.cwd))
    return environment


def pytest_in(place, *arguments, code=1, cwd=None):
    options = ["-q", "-p", "no:cacheprovider", "-W", "error"]
    return place.run("python", "-m", "pytest", *options, *arguments, code=code, cwd=cwd)


@pytest.fixture(scope="module", params=["plain", "xdist"])
def flawed(place, request):
    """What a whole run of the flawed provider's tests reports, and prints."""
    workers = ["-n", "2"] if request.param == "xdist" else []
    folder = place.cwd / "provender-flawed"
    printed = pytest_in(place, "--provender-report", "report.json", *workers, cwd=folder)
    return json.loads((folder / "report.json").read_text()), printed, folder


def rules(suite):
    return {rule["rule"]: rule for rule in suite["results"]}


def test_a_suite_says_what_was_tried_and_with_what(flawed):
    report, printed, folder = flawed
    assert report["format"] == 1
    assert report["exit_status"] == 1
    assert set(report["versions"]) == {"provender", "python", "pytest"}
    online, plugin = report["suites"]
    assert (online["suite"], plugin["suite"]) == ("OnlineStoreSuite", "PluginSuite")
    about = {key: online[key] for key in ("test_class", "provider", "store_type", "capabilities")}
    assert about == {
        "test_class": "test_flawed.py::TestLeaky",
        "provider": "flawed",
        "store_type": "leaky",
        "capabilities": [],
    }
    assert (online["distribution"], online["version"]) == ("provender-flawed", "4.5.6")
    assert plugin["store_type"] is None
    assert f"provender report {folder / 'report.json'}" in printed


def test_the_rule_that_is_broken_has_failed_with_its_reason(flawed):
    found = rules(flawed[0]["suites"][0])
    broken = found["equal_pair_written_later_stays_so_that_rows_can_grow"]
    (case,) = broken["cases"]
    assert (broken["outcome"], case["outcome"]) == ("failed", "failed")
    assert case["reason"].startswith("rows of the same instant can grow: 1 of 1 keys disagree")
    partly = found["newest_wins_within_a_batch"]
    outcomes = {case["case"]: case["outcome"] for case in partly["cases"]}
    assert outcomes.pop("event equal, created equal") == "failed"
    assert set(outcomes.values()) == {"passed"}
    assert len(outcomes) == 8
    assert partly["outcome"] == "failed"


@pytest.mark.parametrize(
    ("rule", "capability"),
    [
        ("newest_wins_under_many_writing_processes", "multi_process"),
        ("values_of_several_megabytes_come_back", "large_values"),
        ("count_is_the_number_of_keys", "count"),
    ],
)
def test_a_rule_that_is_skipped_names_the_capability(flawed, rule, capability):
    found = rules(flawed[0]["suites"][0])[rule]
    (case,) = found["cases"]
    assert (found["outcome"], case["capability"]) == ("skipped", capability)


@pytest.mark.parametrize(
    ("rule", "outcome", "reason"),
    [
        ("closing_twice_is_allowed", "failed", "expected to fail: not yet"),
        ("drop_again_does_nothing", "skipped", "the server sleeps"),
        ("writing_no_rows_changes_nothing", "failed", "in setup: RuntimeError: no server"),
        ("reading_no_keys_gives_nothing", "passed", None),
    ],
)
def test_what_a_provider_overrides_is_told_as_it_is(flawed, rule, outcome, reason):
    found = rules(flawed[0]["suites"][0])[rule]
    (case,) = found["cases"]
    assert (found["outcome"], found["overridden"], case["reason"]) == (outcome, True, reason)
    assert case["capability"] is None


def test_the_totals_are_the_sums_and_only_rules_are_counted(flawed):
    report = flawed[0]
    online, plugin = report["suites"]
    assert "of_its_own" not in rules(online)
    assert not any(rule["overridden"] for rule in plugin["results"])
    for part in (online, plugin, report):
        results = list(chain.from_iterable(s["results"] for s in part.get("suites", [part])))
        every = {"rules": results, "cases": [case for rule in results for case in rule["cases"]]}
        for what, ended in every.items():
            counted = {key.replace("_", " "): count for key, count in part[what].items()}
            outcomes = [one["outcome"] for one in ended]
            assert counted == {outcome: outcomes.count(outcome) for outcome in counted}
        seconds = sum(case["seconds"] for case in every["cases"])
        assert part["seconds"] == pytest.approx(seconds, abs=1e-3)
    failed = {rule["rule"] for rule in online["results"] if rule["outcome"] == "failed"}
    assert failed == {
        "newest_wins_within_a_batch",
        "newest_wins_across_batches",
        "newest_wins_across_connections",
        "random_batches_agree_with_the_oracle",
        "equal_pair_written_later_stays_so_that_rows_can_grow",
        "closing_twice_is_allowed",
        "writing_no_rows_changes_nothing",
    }
    counts = {"failed": 7, "skipped": 43, "not_run": 0}  # it claims no capability
    assert {key: report["rules"][key] for key in counts} == counts


def test_rules_that_did_not_run_are_listed(place):
    (place.cwd / "test_sqlite.py").write_text(LOCAL)
    chosen = ["test_sqlite.py", "-k", SOME, "--provender-report", "some.json"]
    pytest_in(place, *chosen, code=0)
    report = place.cwd / "some.json"
    (online,) = json.loads(report.read_text())["suites"]
    found = rules(online)
    ran = {name for name, rule in found.items() if rule["outcome"] != "not run"}
    assert ran == {
        "newest_wins_within_a_batch",
        "newest_wins_under_many_writing_processes",
        "replay_of_all_batches_changes_nothing",
    }
    assert all(rule["outcome"] == "passed" for name, rule in found.items() if name in ran)
    assert online["rules"]["not_run"] == len(found) - 3
    assert (online["provider"], online["store_type"]) == ("local", "sqlite")
    claimed = [
        "count",
        "delete",
        "figures",
        "keys",
        "large_values",
        "multi_process",
        "swap",
        "sweep",
    ]
    assert online["capabilities"] == claimed
    assert found["newest_wins_within_a_batch"]["statement"].startswith("Two rows of one key")


def test_a_worker_that_dies_leaves_a_case_that_failed(place, monkeypatch):
    monkeypatch.setenv("CRASH", "1")
    folder = place.cwd / "provender-flawed"
    pytest_in(place, "-n", "2", "--provender-report", "crash.json", cwd=folder)
    online, _ = json.loads((folder / "crash.json").read_text())["suites"]
    crashed = rules(online)["reading_no_keys_gives_nothing"]
    assert crashed["outcome"] == "failed"
    assert "crashed" in crashed["cases"][0]["reason"]


@pytest.mark.parametrize("file", ["nowhere/report.json", "."])
def test_a_place_where_no_file_can_be_is_refused_before_the_tests_run(place, file):
    printed = place.run(
        "python", "-m", "pytest", "--provender-report", file, "provender-flawed", code=4
    )
    assert "passed" not in printed


def test_without_the_option_and_when_only_collecting_nothing_is_written(place):
    folder = place.cwd / "provender-flawed"
    (folder / "report.json").unlink(missing_ok=True)
    collected = ["--provender-report", "report.json", "--collect-only"]
    pytest_in(place, *collected, cwd=folder, code=0)
    pytest_in(place, "-k", "nothing_in_particular", cwd=folder, code=0)
    assert not (folder / "report.json").exists()


def test_the_plug_in_costs_those_nothing_who_want_no_report(place):
    code = "import sys, provender.testing.pytest_plugin; print(*sys.modules)"
    loaded = set(
        place.run("python", "-S", "-c", f"import sys; sys.path[:0] = {path(place)}; {code}").split()
    )
    ours = {name for name in loaded if name.startswith("provender")}
    assert ours == {"provender", "provender.testing", "provender.testing.pytest_plugin"}
    heavy = {"pytest", "hypothesis", "msgspec", "pydantic", "pyarrow", "pluggy", "click"}
    assert loaded & heavy == set()


def path(place):
    (site,) = place.home.glob("lib/python*/site-packages")
    return [str(site)]
