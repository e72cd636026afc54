"""The same inputs in Feast and here, cell by cell; docs/migrate.md has the table of the answers."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path

import pytest

from provender.testing.processes import run

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "migrate.md"
BEGIN, END = "<!-- the same in both: begin -->\n", "<!-- the same in both: end -->\n"
FEAST = Path(os.environ.get("PROVENDER_BENCH_FEAST", ROOT / ".bench/feast")) / "bin/python"
CASES = Path(__file__).with_name("cases.py")
BETTER = {
    "rows_kept": "4 rows",
    "order_kept": [3, 1, 2],
    "tie": [1],
    "end_of_ttl": [1, None],
    "ttl_online": [None],
    "late_row": [2],
    "older_event": [2],
    "large_integers": [2**53 + 1, None],
    "microseconds": [None, 1],
    "null_in_list": [[1, None, 3]],
    "declared_type": "float",
    "wide_view": [999, 999],
    "concurrent_applies": "8 of 8",
}
"""What has to come out here."""


def answers(python, folder, **more):
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [python, "-W", "ignore", CASES]
    printed = run(command, cwd=folder, env={**kept, **more}, seconds=280).stdout
    return json.loads(printed.splitlines()[-1])


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    contrib = ROOT / "contrib" / "provender-feast"
    path = os.pathsep.join(map(str, [contrib, contrib / "import_name", *sys.path]))
    return answers(sys.executable, tmp_path_factory.mktemp("ours") / "run", PYTHONPATH=path)


@pytest.mark.timeout(300)
@pytest.mark.seconds(60)
def test_nothing_is_lost_here(ours):
    assert ours == BETTER


@pytest.mark.long
@pytest.mark.timeout(400)
def test_the_table_of_differences_is_what_comes_out(ours, tmp_path):
    if not FEAST.exists():
        pytest.skip("Feast is not installed: `make bench` does, or set PROVENDER_BENCH_FEAST")
    table = as_table(answers(FEAST, tmp_path / "feast"), ours)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    shown, _, after = rest.partition(END)
    if os.environ.get("PROVENDER_WRITE_DOCS"):
        PAGE.write_text(before + BEGIN + table + END + after)
    else:
        assert shown == table, "run this test with PROVENDER_WRITE_DOCS=1"


def as_table(theirs, here):
    lines = ["| what | Feast 0.67 | Provender |", "| --- | --- | --- |"]
    for case in of_file().CASES:
        name = case.__name__
        lines.append(f"| {case.__doc__} | {cell(theirs[name])} | {cell(here[name])} |")
    return "\n".join(lines) + "\n"


def cell(answer):
    return answer if isinstance(answer, str) else f"`{json.dumps(answer)}`"


def of_file():
    """Return the module of the cases, which is no part of a package."""
    spec = importlib.util.spec_from_file_location("peer_cases", CASES)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
