"""The contrib providers as strangers get them: wheels in a clean environment, their own tests.

Each is built, installed beside the wheel of Provender into an environment that knows nothing of the
checkout, and tested there by a copy of its tests.
"""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ET
import zipfile
from importlib.metadata import entry_points

import pytest

from built.wheels import ROOT, build_wheel, few_values
from provender import FeatureStore
from provender.plugin import CAPABILITIES
from servers.install import DEBIAN, program

FOLDERS = sorted(file.parent.parent for file in ROOT.glob("contrib/*/*/plugin.py"))
NOT_CLAIMED = re.compile(r"(\w+): not claimed")
MISSING_TOOL = "openssl is not installed"  # makes certificates; no store needs it
EXAMPLE = re.compile(r"^```yaml[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"\$\{(\w+)\}")
KNOWN = {name for role in CAPABILITIES.values() for name in role}


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request):
    """A distribution whose server is on this machine."""
    server = request.param.name.removeprefix("provender-")
    package, needed = DEBIAN[server]
    if program(needed) is None:
        pytest.skip(f"{package} is not installed: python3 tests/servers/install.py {server}")
    return request.param


@pytest.fixture
def package(folder):
    return folder.name.replace("-", "_")


@pytest.fixture
def wheel(folder, tmp_path):
    return build_wheel(folder, tmp_path / "dist")


@pytest.fixture
def installed(core_environment, wheel):
    core_environment.install(wheel)
    return core_environment


def test_the_wheel_holds_the_package_and_nothing_else(folder, package, wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = [path for path in (folder / package).rglob("*") if path.is_file()]
    sources = {path.relative_to(folder).as_posix() for path in files if path.suffix != ".pyc"}
    assert names == sources
    assert f"{package}/py.typed" in names


def test_it_is_found_and_ready(folder, package, installed):
    listed = json.loads(installed.run("provender", "--output", "json", "plugins"))
    (found,) = [plugin for plugin in listed if plugin["distribution"] == folder.name]
    assert found["status"] == "ready"
    where = f"import provender, {package} as p; print(provender.__file__, p.__file__, sep='\\n')"
    for file in installed.run("python", "-c", where).split():
        assert file.startswith(str(installed.home))
    assert "No broken requirements" in installed.run("python", "-m", "pip", "check")


@pytest.mark.seconds(120)
@pytest.mark.timeout(400)
def test_its_own_tests_pass_there(folder, installed, tmp_path):
    copy = tmp_path / "stranger"
    shutil.copytree(folder / "tests", copy / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(folder / "pyproject.toml", copy)  # pytest's settings
    report = tmp_path / "report.xml"
    arguments = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}", *few_values(copy)]
    printed = installed.run("python", "-m", "pytest", *arguments, cwd=copy)
    cases = ET.parse(report).findall(".//testcase")  # noqa: S314 - pytest wrote it
    assert len(cases) > 100, printed
    skipped = {case.attrib["name"]: case.find("skipped") for case in cases}
    reasons = {name: skip.attrib["message"] for name, skip in skipped.items() if skip is not None}
    assert [name for name, reason in reasons.items() if not excused(reason)] == [], reasons


def excused(reason):
    """Return whether a test may be skipped for that reason: by the name of a capability."""
    found = NOT_CLAIMED.fullmatch(reason)
    return reason == MISSING_TOOL or (found is not None and found[1] in KNOWN)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_setting_is_on_its_page_and_the_examples_are_right(folder, tmp_path, monkeypatch):
    provider = folder.name.removeprefix("provender-")
    page = (ROOT / "docs" / "providers" / f"{provider}.md").read_text()
    (entry,) = entry_points(group="provender.providers", name=provider)
    kinds = [kind for kinds in entry.load().info.stores.values() for kind in kinds]
    settings = {name for kind in kinds for name in kind.config.model_fields}
    assert [name for name in sorted(settings) if f"| `{name}` |" not in page] == []
    for text in (page, (folder / "README.md").read_text()):
        for example in EXAMPLE.findall(text):
            for name in VARIABLE.findall(example):
                monkeypatch.setenv(name, f"{provider}://h" if name.endswith("_URL") else "secret")
            (tmp_path / "feature_store.yaml").write_text(example)
            with FeatureStore(tmp_path) as store:
                assert all((store.stores.offline, store.stores.online, store.stores.registry))


def test_every_distribution_is_tested_here():
    names = {folder.name for folder in FOLDERS}
    assert {"provender-redis"} <= names
    here = entry_points(group="provender.providers")
    assert names <= {entry.dist.name for entry in here if entry.dist}
