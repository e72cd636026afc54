"""Wheels, built once for all tests, and clean environments that they are installed into.

A test module imports the fixtures that it needs: ``from built.wheels import core_wheel``; those of
``tests/`` have them without an import.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from provender.testing.processes import run

ROOT = Path(__file__).parents[2]
OFFLINE = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
OFFLINE += ["--no-build-isolation"]
"""Options of ``pip install`` with which nothing is downloaded."""
_NOT_LENT = ("provender", "schemathesis")  # the latter adds 3 s to the start of pytest
_SECONDS = 300
"""How long a build, or a command of a clean environment, may take."""


def build(*kinds: str, source: Path, out: Path) -> None:
    """Build a distribution with what is installed here, without any network."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, *kinds, source]
    run(command, seconds=_SECONDS)


def build_wheel(source: Path, out: Path) -> Path:
    """Build the wheel of the distribution in `source` into an empty directory; return it."""
    build("--wheel", source=source, out=out)
    (wheel,) = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="session")
def core_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of Provender itself: one for all tests of a run, also of several workers."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    out = root / "core_wheel"
    with (root / "core_wheel.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = next(out.glob("*.whl"), None)
        return found or build_wheel(ROOT, out)


FEW = """
import pytest
from provender.testing.suites.offline.base_suite import OfflineSuiteBase
from provender.testing.suites.online.concurrency_rules import OnlineCrowdRules
from provender.testing.suites.registry.concurrency_rules import RegistryCrowdRules
from tiers import examples, pytest_collection_modifyitems, pytest_configure

OnlineCrowdRules.crowd, RegistryCrowdRules.crowd = examples(8, short=4), examples(16, short=5)
OfflineSuiteBase.large = examples(400_000, short=130_000)

def pytest_itemcollected(item):
    item.add_marker(pytest.mark.values(2))
"""


def few_values(folder: Path) -> list[str]:
    """Let tests that run in a folder try two values of each rule, with few writers at once, and
    large requests that are less large.

    In the long tier they try all of them.

    Returns:
        The options of pytest for that.
    """
    shutil.copy(ROOT / "tests/harness/tiers.py", folder)
    (folder / "few.py").write_text(FEW)
    return ["-p", "few"]


@dataclass(frozen=True)
class CleanEnvironment:
    """A virtual environment without the checkout.

    What distributions depend on is lent from the environment of the tests (whose versions
    constraints.txt pins), so that nothing is downloaded; nothing named after Provender is, nor
    Schemathesis.
    """

    home: Path
    cwd: Path

    def run(self, command: str, *arguments: object, cwd: Path | None = None, code: int = 0) -> str:
        """Run a command of the environment, which must end with `code`; return what it prints."""
        hidden = ("PYTHONPATH", "PYTEST_")
        done = run(
            [self.home / "bin" / command, *map(str, arguments)],
            cwd=cwd or self.cwd,
            env={name: value for name, value in os.environ.items() if not name.startswith(hidden)},
            code=code,
            seconds=_SECONDS,
        )
        return done.stdout

    def install(self, *what: object) -> None:
        """Install wheels or directories."""
        self.run("python", "-m", "pip", "install", *OFFLINE, *what)


def new_environment(folder: Path) -> CleanEnvironment:
    """Make a clean environment in an empty directory."""
    home, lent = folder / "venv", folder / "lent"
    run([sys.executable, "-m", "venv", "--without-pip", home])
    lent.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        lent_too = not any(name in path.name.lower() for name in _NOT_LENT)
        if lent_too and path.name != "__pycache__":
            (lent / path.name).symlink_to(path)
    (site,) = home.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(f"{lent}\n")
    return CleanEnvironment(home, folder)


@pytest.fixture
def environment(tmp_path: Path) -> CleanEnvironment:
    """A clean environment with nothing of Provender in it."""
    return new_environment(tmp_path)


@pytest.fixture
def core_environment(environment: CleanEnvironment, core_wheel: Path) -> CleanEnvironment:
    """A clean environment with the wheel of Provender in it."""
    environment.install(core_wheel)
    return environment
