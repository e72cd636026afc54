"""The benchmarks run, compare answers, and print ratios; how fast is not judged here."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from provender.testing.processes import run

ROOT = Path(__file__).parents[2]


def test_the_quick_benchmarks_print_a_table_of_ratios():
    command = [sys.executable, "-m", "benchmarks", "--quick", "--no-feast"]
    done = run(command, cwd=ROOT, seconds=300)
    table = done.stdout.split("\n\n")[-1]
    for line in (
        "provender version",
        "join 1,000 × 2,000",
        "materialize 1,000",
        "push 1,000 rows",
        "online read, 100",
        *(["serve 1 × 10, 16 connections"] if shutil.which("wrk") else []),
        *(["redis write, 1,000"] if shutil.which("redis-server") else []),
    ):
        assert line in table
    assert "best SQL by hand" in table
