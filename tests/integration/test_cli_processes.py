"""What only a process of its own can show of ``provender``: its imports, its streams' ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from provender import __version__
from provender.testing.processes import run

COMMAND = Path(sys.executable).with_name("provender")
HEAVY = {
    "duckdb",
    "importlib.metadata",
    "msgspec",
    "numpy",
    "pandas",
    "pluggy",
    "pyarrow",
    "pydantic",
    "rich",
    "sqlalchemy",
    "sqlglot",
    "yaml",
}
WATCH = """
import sys
from provender.cli.run import run
code = run({arguments!r})
print("loaded", *sys.modules, file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize("arguments", [["version"], ["--version"], ["--help"], ["apply", "--help"]])
def test_nothing_heavy_is_imported_before_there_is_work(arguments, tmp_path):
    done = run([sys.executable, "-c", WATCH.format(arguments=arguments)], cwd=tmp_path)
    loaded = set(done.stderr.split())
    assert "loaded" in loaded
    assert HEAVY & loaded == set()


def test_a_materialization_imports_no_pandas(weather, provender):
    provender("apply")
    arguments = ["materialize", "2026-01-01", "2026-03-02"]
    done = run([sys.executable, "-c", WATCH.format(arguments=arguments)], cwd=weather.path)
    loaded = set(done.stderr.split())
    assert "duckdb" in loaded
    assert "pandas" not in loaded


def test_the_installed_command_runs_and_gives_its_code(tmp_path):
    assert run([COMMAND, "version"], cwd=tmp_path).stdout == f"provender {__version__}\n"
    assert "did you mean 'apply'?" in run([COMMAND, "aply"], cwd=tmp_path, code=2).stderr


def test_a_reader_that_goes_away_is_no_error_to_tell():
    read, write = os.pipe()
    os.close(read)
    done = run([COMMAND, "--help"], stdout=write, code=1)
    os.close(write)
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_a_full_disk_is_told():
    with Path("/dev/full").open("w") as full:
        done = run([COMMAND, "--help"], stdout=full, code=1)
    assert done.stderr == "error: No space left on device\n"
