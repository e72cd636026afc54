"""A report is read, shown as a table and drawn as a badge."""

import json
from xml.etree import ElementTree as ET

import pytest

from provender.errors import RequestError
from provender.testing.report.badge import badge
from provender.testing.report.model import (
    FORMAT,
    Case,
    Report,
    Rule,
    SuiteRun,
    Tally,
    Versions,
    read_report,
    write_report,
)
from provender.testing.report.table import markdown


def rule(name, *cases, outcome):
    return Rule(name, f"{name}.", outcome, overridden=False, seconds=1.5, cases=cases)


PASSED = rule("rows_stay", Case("a|b", "passed", 0.5), Case("c", "passed", 1.0), outcome="passed")
FAILED = rule(
    "newest_wins",
    Case("equal", "failed", 1.5, reason="newest wins\n  expected: 1\n  got:      <2>"),
    outcome="failed",
)
UNCLAIMED = rule(
    "crowds",
    Case("", "skipped", 0.0, "multi_process", "multi_process: not claimed"),
    outcome="skipped",
)
SLEPT = rule("long_rows", Case("", "skipped", 0.0, None, "no server"), outcome="skipped")
NOT_RUN = rule("empty", outcome="not run")


def report(*rules):
    tallies = [
        Tally.of(r.outcome for r in rules),
        Tally.of(c.outcome for r in rules for c in r.cases),
    ]
    run = SuiteRun(
        "OnlineStoreSuite",
        "tests/test_acme.py::TestStore",
        "acme",
        "provender-acme",
        "1.2",
        "fast",
        (),
        3.0,
        *tallies,
        rules,
    )
    versions = Versions("0.1.0", "3.11.7", "9.2.0")
    return Report(FORMAT, "2026-03-01T12:00:00+00:00", 0, versions, 3.0, *tallies, (run,))


def test_a_report_is_read_as_it_was_written(tmp_path):
    whole = report(PASSED, FAILED, UNCLAIMED, NOT_RUN)
    write_report(whole, tmp_path / "report.json")
    assert read_report(tmp_path / "report.json") == whole
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_keys_that_are_not_known_are_passed_over(tmp_path):
    file = tmp_path / "report.json"
    write_report(report(PASSED), file)
    document = json.loads(file.read_text())
    document["suites"][0]["results"][0]["weather"] = "fair"
    file.write_text(json.dumps({**document, "mood": 7}))
    assert read_report(file) == report(PASSED)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read"),
        ("", "is not a report"),
        ("{}", "is not a report"),
        ('{"format": 1}', "is not a report"),
        ('{"format": 2, "suites": "elsewhere"}', "written by a newer Provender"),
        (b"\xff\xfe", "is not a report"),
    ],
)
def test_what_is_no_report_is_told_with_its_place(tmp_path, text, message):
    file = tmp_path / "report.json"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RequestError, match=message) as raised:
        read_report(file)
    (problem,) = raised.value.problems
    assert problem.place == str(file)
    assert problem.fix


def test_markdown_has_a_row_for_each_rule():
    text = markdown(report(PASSED, FAILED, UNCLAIMED, SLEPT, NOT_RUN))
    assert "5 rules: 1 passed, 1 failed, 2 skipped, 1 not run; 5 cases:" in text
    assert "### OnlineStoreSuite: acme.fast (provender-acme 1.2)" in text
    assert text.splitlines()[-7:] == [
        "| rule | outcome | cases |",
        "| --- | --- | --: |",
        "| rows stay | ✅ passed | 2 |",
        "| newest wins | ❌ failed | 1 |",
        "| crowds | ➖ skipped: multi_process not claimed | 1 |",
        "| long rows | ➖ skipped | 1 |",
        "| empty | ❔ not run | 0 |",
    ]


@pytest.mark.parametrize(
    ("rules", "message", "color"),
    [
        ([PASSED, UNCLAIMED], "1 rule passed, 1 not claimed", "brightgreen"),
        ([PASSED, PASSED], "2 rules passed", "brightgreen"),
        ([PASSED, FAILED, NOT_RUN], "1 of 3 rules failed", "red"),
        ([PASSED, NOT_RUN], "incomplete: 1 of 2 rules not tried", "yellow"),
        ([PASSED, SLEPT, UNCLAIMED], "incomplete: 1 of 3 rules not tried", "yellow"),
        ([], "no rules", "lightgrey"),
    ],
)
def test_the_badge_is_green_only_when_every_rule_was_tried(rules, message, color):
    drawn = badge(report(*rules))
    assert (drawn.message, drawn.color) == (message, color)
    endpoint = json.loads(drawn.endpoint())
    label = "provender conformance"
    wanted = {"schemaVersion": 1, "label": label, "message": message, "color": color}
    assert endpoint == wanted
    picture = ET.fromstring(drawn.svg())  # noqa: S314 - our own
    texts = [element.text for element in picture.iter() if (element.text or "").strip()]
    assert texts == [f"{label}: {message}", label, message]


@pytest.fixture
def show(provender, tmp_path):
    write_report(report(PASSED, FAILED, UNCLAIMED), tmp_path / "report.json")

    def run(*arguments, code=0):
        done = provender("plugin", "report", *arguments, code=code)
        return done.stdout if code == 0 else done.stderr

    return run


def test_the_command_shows_rules_and_why_they_failed(show):
    printed = show("report.json").splitlines()
    assert printed[0].startswith("OnlineStoreSuite: acme.fast (provender-acme 1.2), 3 rules:")
    assert printed[1].split() == ["RULE", "CASES", "SECONDS", "OUTCOME"]
    assert printed[2].split() == ["rows_stay", "2", "1.50", "passed"]
    assert "skipped: multi_process not claimed" in printed[4]
    assert "tests/test_acme.py::TestStore newest_wins [equal]" in printed
    assert "    got:      <2>" in printed
    assert show("report.json", "--format", "markdown") == markdown(
        report(PASSED, FAILED, UNCLAIMED)
    )


def test_the_command_answers_programs(show):
    answer = json.loads(show("report.json", "--output", "json"))
    assert answer["badge"]["color"] == "red"
    assert answer["rules"] == {"passed": 1, "failed": 1, "skipped": 1, "not_run": 0}
    assert [row["outcome"] for row in answer["results"]] == ["passed", "failed", "skipped"]


@pytest.mark.parametrize("name", ["badge.svg", "badge.json"])
def test_the_command_writes_a_badge(show, tmp_path, name):
    show("report.json", "--badge", name)
    drawn = badge(report(PASSED, FAILED, UNCLAIMED))
    wanted = {"badge.svg": drawn.svg(), "badge.json": drawn.endpoint()}
    assert (tmp_path / name).read_text() == wanted[name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent.json"], "the report cannot be read"),
        (["report.json", "--badge", "badge.png"], "a badge cannot be written in this format"),
        (["report.json", "--badge", "nowhere/badge.svg"], "the badge cannot be written"),
    ],
)
def test_the_command_tells_what_is_wrong(show, arguments, message):
    printed = show(*arguments, code=1)
    assert message in printed
    assert "Traceback" not in printed
