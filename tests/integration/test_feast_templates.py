"""The repositories that Feast itself writes run unmodified with provender-feast in its place.

The distribution is installed from its wheel into an environment without the checkout and without
Feast; its own tests run there, too.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from built.wheels import ROOT, build_wheel
from provender.testing.processes import run

FOLDER = ROOT / "contrib/provender-feast"
FEAST = Path(os.environ.get("PROVENDER_BENCH_FEAST", ROOT / ".bench/feast")) / "bin/feast"
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def wheel(tmp_path):
    return build_wheel(FOLDER, tmp_path / "dist")


@pytest.fixture
def installed(core_environment, wheel):
    core_environment.install(wheel)
    return core_environment


@pytest.fixture
def written(tmp_path):
    """Let Feast itself write a repository."""
    if not FEAST.exists():
        pytest.skip("Feast is not installed: `make bench` does, or set PROVENDER_BENCH_FEAST")

    def write(*options):
        run([FEAST, "init", *options, "drivers"], cwd=tmp_path, seconds=120)
        return tmp_path / "drivers/feature_repo"

    return write


def test_the_wheel_holds_both_packages_and_nothing_else(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    homes = {
        FOLDER / "provender_feast": FOLDER,
        FOLDER / "import_name/feast": FOLDER / "import_name",
    }
    files = {path: home for folder, home in homes.items() for path in folder.rglob("*.*")}
    sources = {
        path.relative_to(home).as_posix()
        for path, home in files.items()
        if path.is_file() and path.suffix != ".pyc"
    }
    assert names == sources
    assert {"feast/py.typed", "provender_feast/py.typed"} <= names


@pytest.mark.seconds(60)
def test_its_own_tests_pass_there(installed, tmp_path):
    copy = tmp_path / "stranger"
    shutil.copytree(FOLDER / "tests", copy / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(FOLDER / "pyproject.toml", copy)  # pytest's settings
    report = tmp_path / "report.xml"
    options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    printed = installed.run("python", "-m", "pytest", *options, cwd=copy)
    cases = ET.parse(report).findall(".//testcase")  # noqa: S314 - pytest wrote it
    assert len(cases) > 50, printed
    assert [case for case in cases if case.find("skipped") is not None] == []
    assert "No broken requirements" in installed.run("python", "-m", "pip", "check")


WORKFLOW = """
import pandas as pd
pd.DataFrame.__repr__ = lambda rows: "rows: " + rows.to_json(orient="records", double_precision=15)
import test_workflow
test_workflow.run_demo()
"""
"""The workflow of the template; a DataFrame is printed with every cell."""


@dataclass(frozen=True)
class Printed:
    """What a workflow printed: DataFrames, and the answers of the online store, in their order."""

    frames: list[list[dict[str, object]]]
    answers: list[tuple[str, object]]

    @classmethod
    def of(cls, text):
        lines = text.splitlines()
        frames = [json.loads(one[6:]) for one in lines if one.startswith("rows: ")]
        answers = [one.split("  :  ") for one in lines if "  :  " in one]
        return cls(frames, [(name, ast.literal_eval(value)) for name, value in answers])


@pytest.mark.seconds(120)
def test_the_template_of_feast_prints_what_feast_prints(installed, written, tmp_path):
    """Cell by cell: what differs is on docs/migrate.md."""
    repository = written("-t", "local")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("PYTHONPATH", "PYTEST_"))}
    printed = []
    for name, home in (("theirs", FEAST.parent), ("ours", installed.home / "bin")):
        copy = tmp_path / name
        shutil.copytree(repository, copy, ignore=shutil.ignore_patterns("__pycache__"))
        (tmp_path / "workflow.py").write_text(WORKFLOW)
        environment = {**kept, "PATH": os.pathsep.join([str(home), kept["PATH"]])}
        environment["PYTHONPATH"] = str(copy)
        command = [home / "python", tmp_path / "workflow.py"]
        done = run(command, cwd=copy, env=environment, seconds=200)
        assert "Traceback" not in done.stdout + done.stderr
        printed.append(Printed.of(done.stdout))
    theirs, ours = printed
    assert ours.answers == theirs.answers
    assert len(ours.answers) == 29
    inputs = {"driver_metadata", "driver_config", "driver_profile"}  # nobody asked for them
    for place, (their_rows, our_rows) in enumerate(zip(theirs.frames, ours.frames, strict=True)):
        changing = {"event_timestamp", "created"} if place else set()  # when it ran
        left_out = (changing | inputs) if place < 2 else changing
        for their_row, our_row in zip(their_rows, our_rows, strict=True):
            expected = {n: v for n, v in their_row.items() if n not in left_out}
            assert {n: v for n, v in our_row.items() if n not in left_out} == expected
            assert {*our_row} == {*their_row} - (inputs if place < 2 else set())


def test_the_minimal_repository_of_feast_applies_as_it_is(installed, written, tmp_path):
    repository = written("--minimal")
    file = repository / "feature_store.yaml"
    file.write_text(file.read_text().replace("/path/to", str(tmp_path)))  # the user's to fill in
    assert "Applying changes for project drivers" in installed.run("feast", "apply", cwd=repository)
