"""The repositories that Feast itself writes run unmodified with provender-feast in its place.

The distribution is installed from its wheel into an environment without the checkout and without
Feast; its own tests run there, too.
"""

from __future__ import annotations

import os
import shutil
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path

import pytest

from built.wheels import ROOT, build_wheel, core_environment, core_wheel, environment  # noqa: F401
from provender.testing.processes import run

FOLDER = ROOT / "contrib/provender-feast"
FEAST = Path(os.environ.get("PROVENDER_BENCH_FEAST", ROOT / ".bench/feast")) / "bin/feast"
pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def wheel(tmp_path):
    return build_wheel(FOLDER, tmp_path / "dist")


@pytest.fixture
def installed(core_environment, wheel):  # noqa: F811
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


@pytest.mark.seconds(60)
def test_the_template_of_feast_runs_as_it_is(installed, written):
    repository = written("-t", "local")
    path = os.pathsep.join([str(installed.home / "bin"), os.environ["PATH"]])
    hidden = ("PYTHONPATH", "PYTEST_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    done = run(
        [installed.home / "bin/python", "test_workflow.py"],
        cwd=repository,
        env={**kept, "PATH": path},
        seconds=200,
    )
    printed = done.stdout
    assert "Created feature view driver_hourly_stats" in printed
    assert "conv_rate_plus_val1  :  [1001.0, " in printed  # of the row that was pushed
    assert "Traceback" not in printed + done.stderr


def test_the_minimal_repository_of_feast_applies_as_it_is(installed, written, tmp_path):
    repository = written("--minimal")
    file = repository / "feature_store.yaml"
    file.write_text(file.read_text().replace("/path/to", str(tmp_path)))  # the user's to fill in
    assert "Applying changes for project drivers" in installed.run("feast", "apply", cwd=repository)
