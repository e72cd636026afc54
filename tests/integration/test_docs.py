"""The snippets of the README and of the tutorial run as they are written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(page):
    return FENCE.findall((ROOT / page).read_text())


@pytest.fixture
def run(tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONWARNINGS": "ignore::DeprecationWarning"}

    def command(*arguments, cwd=tmp_path):
        done = subprocess.run(
            arguments, cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return command


def test_the_quick_start_of_the_readme(run, tmp_path):
    shells = [text for kind, _, text in snippets("README.md") if kind == "sh"]
    pythons = [text for kind, _, text in snippets("README.md") if kind == "python"]
    steps = [line.split("#")[0].strip() for line in shells[1].splitlines()]
    assert steps[0] == "pip install ."
    printed = run("bash", "-euc", "\n".join(steps[1:]))
    assert "Registered feature view driver_stats" in printed
    repository = tmp_path / "drivers" / "feature_repo"
    (repository / "features.py").write_text(pythons[0])
    run("provender", "apply", "--yes", cwd=repository)
    run("provender", "materialize-incremental", "2100-01-01", cwd=repository)
    check = "\nassert training['rating'].notna().all()\nassert vector['rating'][0] is not None\n"
    run(sys.executable, "-c", pythons[1] + check, cwd=repository)


@pytest.mark.parametrize("spelling", ["current", "older"])
def test_the_tutorial_in_both_spellings(run, tmp_path, spelling):
    files = 0
    for kind, title, text in snippets("docs/tutorial.md"):
        if title:
            files += 1
            if spelling == ("current", "older")[files - 1]:
                (tmp_path / title).write_text(text)
        elif kind == "sh":
            printed = run("bash", "-euc", text)
            if "apply" in text:
                expected = next(t for k, _, t in snippets("docs/tutorial.md") if k == "text")
                assert expected.strip() in printed
        elif kind == "python":
            run(sys.executable, "-c", text)
    assert files == 2
