"""The same work by Feast 0.67, in an environment of its own.

Set PROVENDER_BENCH_FEAST to a virtual environment that has it; otherwise one is made in .bench.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.figures import python

PACKAGE = "feast[duckdb]==0.67.*"
SCRIPT = Path(__file__).with_name("feast_script.py")


def executable(name: str = "python") -> str:
    """Return a program of the environment with Feast, making the environment if need be."""
    given = os.environ.get("PROVENDER_BENCH_FEAST")
    home = Path(given) if given else Path(".bench/feast").resolve()
    program = home / "bin" / name
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        install = [home / "bin/python", "-m", "pip", "install", "--quiet", PACKAGE]
        subprocess.run(install, check=True)
    return str(program)


def run(work: str, directory: Path, **options: int) -> dict[str, Any]:
    """Run one work of ``feast_script.py`` and return the seconds that it printed."""
    arguments = [str(SCRIPT), work, str(directory), json.dumps(options)]
    lines = python("-W", "ignore", *arguments, executable=executable()).splitlines()
    found: dict[str, Any] = json.loads(lines[-1])
    return found
