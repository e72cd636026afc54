"""The skeleton of ``provender plugin new`` through wheels: installed, listed, tried, checked."""

from __future__ import annotations

import json
import shutil

import pytest

from built.wheels import build_wheel, few_values, new_environment
from harness.tiers import examples


@pytest.fixture(scope="module")
def place(core_wheel, tmp_path_factory):
    """An environment with the wheels of Provender and of the skeleton."""
    environment = new_environment(tmp_path_factory.mktemp("skeleton"))
    environment.install(core_wheel)
    environment.run("provender", "plugin", "new", "acme")
    wheel = build_wheel(environment.cwd / "provender-acme", environment.cwd / "wheels")
    environment.install(wheel)
    return environment


def test_the_skeleton_is_listed_as_ready(place):
    listed = json.loads(place.run("provender", "plugins", "--output", "json"))
    (acme,) = [plugin for plugin in listed if plugin["name"] == "acme"]
    assert (acme["status"], acme["reason"]) == ("ready", None)
    assert (acme["distribution"], acme["version"]) == ("provender-acme", "0.1.0")
    assert acme["stores"] == {role: ["acme"] for role in ("offline", "online", "registry")}
    assert acme["sources"] == ["acme"]


@pytest.mark.seconds(60)
@pytest.mark.timeout(400)
def test_the_skeleton_passes_every_rule_that_it_claims_to_keep(place):
    shutil.copytree(place.cwd / "provender-acme" / "tests", place.cwd / "tests")
    options = ["-q", "-W", "error", "--provender-report", "report.json", *few_values(place.cwd)]
    printed = place.run("python", "-m", "pytest", *options, "tests")
    assert "failed" not in printed
    report = json.loads((place.cwd / "report.json").read_text())
    assert [run["suite"] for run in report["suites"]] == [
        "OfflineStoreSuite",
        "OnlineStoreSuite",
        "RegistrySuite",
        "PluginSuite",
    ]
    assert {run["distribution"] for run in report["suites"]} == {"provender-acme"}
    assert report["cases"]["passed"] > examples(700, short=200)
    answer = json.loads(
        place.run("provender", "plugin", "report", "report.json", "--output", "json")
    )
    assert answer["badge"]["color"] == "brightgreen", answer["badge"]["message"]


def test_the_skeleton_is_typed(place):
    root = place.cwd / "provender-acme"
    printed = place.run("python", "-m", "mypy", "--cache-dir", place.cwd / "mypy", cwd=root)
    assert "Success: no issues found" in printed


def test_the_wheel_brings_the_package_and_nothing_else(place):
    ask = "from importlib.metadata import files; print(*files('provender-acme'))"
    brought = place.run("python", "-c", ask).split()
    ours = {name for name in brought if "dist-info" not in name and not name.endswith(".pyc")}
    folder = place.cwd / "provender-acme"
    package = {path.relative_to(folder).as_posix() for path in folder.glob("provender_acme/*")}
    assert ours == package
    assert "provender_acme/py.typed" in ours
