"""The same work by Feast 0.67, in an environment of its own.

Set PROVENDER_BENCH_FEAST to a virtual environment that has it; otherwise one is made in .bench.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.process import Worker

PACKAGE = "feast[duckdb]==0.67.*"
SCRIPT = Path(__file__).with_name("feast_script.py")


def executable(name: str = "python") -> str:
    """Return a program of the environment with Feast, making the environment if need be."""
    given = os.environ.get("PROVENDER_BENCH_FEAST")
    home = Path(given) if given else Path(".bench/feast").resolve()
    program = home / "bin" / name
    if not (home / "bin" / "feast").exists():
        if given:
            raise SystemExit(f"PROVENDER_BENCH_FEAST names no environment with Feast: {given}")
        _make(home)
    return str(program)


def _make(home: Path) -> None:
    """Make the environment, anew where one was left half-made."""
    print(f"installing {PACKAGE} into {home} …", flush=True)
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", home], check=True)
    subprocess.run([home / "bin/python", "-m", "pip", "install", "--quiet", PACKAGE], check=True)


def worker() -> Worker:
    """Return a process of Feast's own Python that does what it is asked; see feast_script.py."""
    return Worker(executable(), SCRIPT)
