"""The wheel, the wheel made from the sdist, and the editable install bring the same things."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"core": "provender", "providers/local": "provender_local"}


def build(*arguments, source, out):
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, *arguments, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    out = tmp_path_factory.mktemp("dist")
    build("--wheel", "--sdist", source=ROOT, out=out)
    (sdist,) = out.glob("*.tar.gz")
    unpacked = tmp_path_factory.mktemp("sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    again = tmp_path_factory.mktemp("again")
    build("--wheel", source=next(unpacked.iterdir()), out=again)
    return next(out.glob("*.whl")), next(again.glob("*.whl"))


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
    wheel, again = built
    names, entries = contents(wheel)
    packages = {name for name in names if ".dist-info/" not in name}
    assert packages == source_files()
    assert {"provender/py.typed", "provender_local/py.typed"} <= packages
    assert contents(again) == (names, entries)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_editable_install_has_the_same_entry_points(built):
    _, entries = contents(built[0])
    wanted = {line.strip() for line in entries.splitlines() if "=" in line}
    found = {f"{e.name} = {e.value}" for e in distribution("provender").entry_points}
    assert found == wanted == {"provender = provender.cli:main", "local = provender_local.plugin"}


def test_an_install_in_a_fresh_environment_works(built, tmp_path):
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    python = home / "bin" / "python"
    # what Provender depends on is lent by this environment, so that nothing is downloaded
    lent = tmp_path / "lent"
    lent.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "provender" not in path.name.lower() and path.name != "__pycache__":
            (lent / path.name).symlink_to(path)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(f"{lent}\n")
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", built[0]]
    subprocess.run(install, check=True)
    command = home / "bin" / "provender"

    def run(*arguments, cwd=tmp_path):
        done = subprocess.run(
            [command, *arguments], cwd=cwd, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "0.1.0" in run("version")
    assert "local" in run("plugins")
    run("init", "drivers")
    repository = tmp_path / "drivers" / "feature_repo"
    assert "Registered feature view" in run("apply", cwd=repository)
    where = [python, "-c", "import provender; print(provender.__file__)"]
    found = subprocess.run(where, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert found.startswith(str(home))
