"""The benchmarks run, compare answers, and print ratios; how fast is not judged here."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from provender.testing.processes import run

ROOT = Path(__file__).parents[2]
SHOWN = {
    "startup": "provender version",
    "catalog": "",
    "join": "best SQL by hand",
    "large-join": "",
    "materialize": "materialize 1,000",
    "rebuild": "rebuild 1,000 × 10 in SQLite",
    "engines": "materialize 1,000 × 10 into Redis with 2 workers",
    "push": "push 200 rows",
    "online": "online read, 100",
    "serving": "serve 1 × 10, 16 connections",
    "redis": "redis write, 200",
    "firestore": "",
    "dynamodb": "",
    "bigquery": "",
    "redshift": "",
}
"""For each benchmark what its table has, where its server is there."""


@pytest.mark.parametrize("name", SHOWN)
def test_a_quick_benchmark_prints_a_table_of_ratios(name):
    command = [sys.executable, "-m", "benchmarks", "--quick", "--no-feast", "--only", name]
    printed = run(command, cwd=ROOT, seconds=100).stdout
    if "not measured" in printed:
        pytest.skip(printed.splitlines()[1])
    assert SHOWN[name] in printed.split("\n\n")[-1]


def test_every_benchmark_runs_here():
    help_text = run([sys.executable, "-m", "benchmarks", "--help"], cwd=ROOT).stdout
    names = "".join(help_text.split()).partition("--only{")[2].partition("}")[0]
    assert names.split(",") == list(SHOWN)
