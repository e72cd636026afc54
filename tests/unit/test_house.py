"""The house keeps its own rules: file and function lengths, documentation, what is committed."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from provender.plugin.contract.hookspecs import SPECS
from provender.testing.processes import run
from provender.testing.suites.plugin.info_rules import is_public

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "core").rglob("*.py"), *(ROOT / "providers").rglob("*.py")])
FACADE = ROOT / "core" / "provender" / "store.py"
"""It has the signature and the documentation of every verb; those lines are not counted."""
PUBLIC = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def named(path):
    return path.relative_to(ROOT).as_posix()


def documentation(tree):
    """Return how many lines the docstrings of a module take."""
    owners = [node for node in ast.walk(tree) if isinstance(node, (*PUBLIC, ast.Module))]
    found = [node.body[0] for node in owners if ast.get_docstring(node)]
    return sum(text.end_lineno - text.lineno + 1 for text in found)


def signatures(tree):
    """Return how many lines the signatures of a module's functions take."""
    found = [node for node in ast.walk(tree) if isinstance(node, PUBLIC[:2])]
    return sum(node.body[0].lineno - node.lineno for node in found)


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_files_and_functions_are_short_and_documented(path):
    text = path.read_text()
    tree = ast.parse(text)
    not_counted = documentation(tree) + signatures(tree) if path == FACADE else 0
    assert text.count("\n") - not_counted <= 400
    assert not text or ast.get_docstring(tree), "every module says what it knows"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            lines = (node.end_lineno - body[0].lineno + 1) if body else 0
            assert lines <= 40, f"{node.name} has {lines} lines"


def test_no_file_has_a_name_that_says_nothing():
    vague = {"utils", "helpers", "common", "base", "manager", "misc"}
    assert [path for path in SOURCES if path.stem in vague] == []


@pytest.mark.parametrize(
    "path",
    ["core/provender/x.py", "providers/local/provender_local/x.py", "core/provender/local/x.py"],
)
def test_git_ignores_nothing_of_ours(path):
    run(["git", "check-ignore", "-q", path], cwd=ROOT, code=1)


def test_no_committed_file_names_a_package_registry_or_a_machine():
    listed = run(["git", "ls-files"], cwd=ROOT)
    forbidden = re.compile(
        "|".join(
            [
                "pypi" + r"\.org",
                "python" + "hosted",
                r"registry\.npm" + "js",
                "/ro" + "ot/",
                "/wo" + "rk/",
            ]
        )
    )
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file() and path.suffix in (".py", ".md", ".toml", ".txt", ".yml", ".yaml", ""):
            assert not forbidden.search(path.read_text()), name
    assert not (ROOT / "uv.lock").exists()


def test_every_hook_is_documented():
    page = (ROOT / "docs" / "plugins.md").read_text()
    hooks = [name for spec in SPECS for name in vars(spec) if name.startswith("provender_")]
    assert len(hooks) == 9
    assert [hook for hook in hooks if f"`{hook}(" not in page] == []


def test_constraints_are_bare_versions():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    wrong = [
        line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+( ;.*)?", line)
    ]
    assert wrong == []


ALONE = {"core/provender/testing/processes.py", "tests/servers/install.py"}
"""What may start programs by itself: what does it for all tests, and what needs no Provender."""
STARTS = {"run", "Popen", "call", "check_call", "check_output"}


def starts_a_program(node):
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr in STARTS) == ("subprocess", True)
    )


def test_programs_have_a_deadline_and_a_process_group():
    """Tests start them by `provender.testing.processes`."""
    rooms = [ROOT / "tests", *ROOT.glob("contrib/*/tests"), ROOT / "core/provender/testing"]
    texts = {
        p: p.read_text() for room in rooms for p in room.rglob("*.py") if named(p) not in ALONE
    }
    found = [
        f"{named(path)}:{node.lineno}"
        for path, text in texts.items()
        if "subprocess." in text
        for node in ast.walk(ast.parse(text))
        if starts_a_program(node)
    ]
    assert found == []


def test_providers_may_import_what_the_plugin_suite_allows_and_nothing_else():
    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (contract,) = [c for c in linter["contracts"] if c["name"].startswith("A provider")]
    forbidden = set(contract["forbidden_modules"])
    core = ROOT / "core" / "provender"
    rooms = {f"provender.{path.stem}" for path in core.iterdir() if path.suffix in ("", ".py")}
    folders = [path for path in (core / "plugin").iterdir() if path.is_dir()]
    found = {*rooms, *(f"provender.plugin.{folder.name}" for folder in folders)}
    assert {n for n in found if "__" not in n and not is_public(n)} == forbidden
