"""The wheel, the wheel made from the sdist, and the editable install bring the same things."""

from __future__ import annotations

import json
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from built.wheels import ROOT, build

PACKAGES = {
    "core": "provender",
    "providers/aws": "provender_aws",
    "providers/gcp": "provender_gcp",
    "providers/local": "provender_local",
    "providers/remote": "provender_remote",
}
ENTRY_POINTS = [
    "aws = provender_aws.plugin",
    "gcp = provender_gcp.plugin",
    "local = provender_local.plugin",
    "provender = provender.cli:main",
    "provender = provender.testing.pytest_plugin",
    "remote = provender_remote.plugin",
]


@pytest.fixture(scope="module")
def built(tmp_path_factory, core_wheel):
    through = tmp_path_factory.mktemp("through")
    build(source=ROOT, out=through)  # makes the sdist, and the wheel from it
    assert len(list(through.glob("*.tar.gz"))) == 1
    return core_wheel, next(through.glob("*.whl")), through


def test_the_sdist_holds_what_is_meant_and_no_more(built):
    (sdist,) = built[2].glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = [PurePosixPath(name).parts[1:] for name in archive.getnames()]
    folders = {parts[0] for parts in names if len(parts) > 1}
    files = {parts[0] for parts in names if len(parts) == 1}
    assert folders == {"core", "providers", "tests"}
    assert files - {".gitignore"} == {
        *("README.md", "CHANGELOG.md", "LICENSE", "pyproject.toml", "PKG-INFO")
    }
    assert not [name for name in names if "__pycache__" in name or ".servers" in name]


def contents(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("RECORD")}
        entry = next(name for name in names if name.endswith("entry_points.txt"))
        return names, archive.read(entry).decode()


def source_files():
    return {
        path.relative_to(ROOT / room).as_posix()
        for room, package in PACKAGES.items()
        for path in (ROOT / room / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_wheels_hold_every_file_of_the_packages(built):
    wheel, again, _ = built
    names, entries = contents(wheel)
    packages = {name for name in names if ".dist-info/" not in name}
    assert packages == source_files()
    assert {"provender/py.typed", "provender_local/py.typed"} <= packages
    assert contents(again) == (names, entries)
    assert any(name.endswith("licenses/LICENSE") for name in names)


ASK = """
import json
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

files = {}
for package in (
    *("provender", "provender_aws", "provender_gcp"),
    *("provender_local", "provender_remote"),
):
    root = Path(find_spec(package).origin).parent
    for path in root.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            files[path.relative_to(root.parent).as_posix()] = str(path)
entries = [f"{e.name} = {e.value}" for e in distribution("provender").entry_points]
print(json.dumps([files, sorted(entries)]))
"""


def install(environment, *what):
    environment.install(*what)
    return json.loads(environment.run("python", "-c", ASK))


def entry_points(wheel):
    return sorted(line for line in contents(wheel)[1].splitlines() if "=" in line)


def test_the_editable_install_brings_what_the_wheel_brings(built, environment):
    files, entries = install(environment, "--editable", ROOT)
    assert set(files) == {name for name in contents(built[0])[0] if ".dist-info/" not in name}
    assert all(Path(path).is_relative_to(ROOT) for path in files.values())
    assert entries == entry_points(built[0])
    assert entries == ENTRY_POINTS


def test_pip_install_of_the_checkout_gives_a_working_command(built, environment, tmp_path):
    files, entries = install(environment, ROOT)
    assert set(files) == {name for name in contents(built[0])[0] if ".dist-info/" not in name}
    assert all(Path(path).is_relative_to(environment.home) for path in files.values())
    assert entries == entry_points(built[0])
    assert "0.1.0" in environment.run("provender", "version")
    (line,) = [
        line
        for line in environment.run("provender", "plugins").splitlines()
        if line.startswith("local ")
    ]
    assert line.split()[:5] == ["local", "provider", "provender", "0.1.0", "ready"]
    environment.run("provender", "init", "drivers")
    printed = environment.run("provender", "apply", cwd=tmp_path / "drivers" / "feature_repo")
    assert "Registered feature view" in printed
