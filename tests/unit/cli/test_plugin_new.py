"""`provender plugin new`: what it writes is clean, under any name that it takes."""

from __future__ import annotations

import ast
import json
import re
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from provender.cli.scaffold.plugin_name import PluginName
from provender.testing.processes import run

RUFF = Path(sys.executable).with_name("ruff")


def written(root):
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_it_writes_a_distribution_and_says_so(provender, tmp_path):
    printed = provender("plugin", "new", "data_lake").stdout
    root = tmp_path / "provender-data-lake"
    assert written(root) == {
        "README.md",
        "pyproject.toml",
        "tests/test_conformance.py",
        "provender_data_lake/__init__.py",
        "provender_data_lake/config.py",
        "provender_data_lake/memory.py",
        "provender_data_lake/offline.py",
        "provender_data_lake/online.py",
        "provender_data_lake/plugin.py",
        "provender_data_lake/py.typed",
        "provender_data_lake/registry.py",
        "provender_data_lake/session.py",
        "provender_data_lake/source.py",
    }
    assert all(f"  provender-data-lake/{name}\n" in printed for name in written(root))
    assert "class DataLakeRegistry(Registry):" in (
        root / "provender_data_lake" / "registry.py"
    ).read_text(encoding="utf-8")
    assert "$" not in "".join(
        path.read_text() for path in root.rglob("*") if path.is_file() and path.suffix != ".md"
    )


def test_it_answers_programs(provender, tmp_path):
    answer = json.loads(provender("plugin", "new", "acme", "--output", "json").stdout)
    root = tmp_path / "provender-acme"
    assert answer.pop("files") == sorted(f"provender-acme/{name}" for name in written(root))
    assert answer == {
        "provider": "acme",
        "distribution": "provender-acme",
        "package": "provender_acme",
        "path": str(root),
    }


def test_the_skeleton_is_clean_and_formatted_whatever_its_name(provender, tmp_path):
    names = ["x", "acme", "s3", "a_1_b", "warehouse_of_the_co2"]
    for name in names:
        provender("plugin", "new", name)
    roots = [f"provender-{name.replace('_', '-')}" for name in names]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(roots)
    for arguments in (["check"], ["format", "--check"]):
        run([RUFF, *arguments, "--no-cache", *roots], cwd=tmp_path)


def test_its_tests_need_no_more_than_fifteen_lines_of_fixtures(provender, tmp_path):
    provender("plugin", "new", "acme")
    tests = tmp_path / "provender-acme" / "tests" / "test_conformance.py"
    nodes = list(ast.walk(ast.parse(tests.read_text())))
    harness = [n for n in nodes if isinstance(n, ast.ClassDef) and n.name == "Harness"]
    fixtures = [n for n in nodes if isinstance(n, ast.FunctionDef) and n.decorator_list]
    lines = [node.end_lineno - node.lineno + 1 + len(node.decorator_list) for node in fixtures]
    lines += [node.end_lineno - node.lineno + 1 for node in harness]
    assert len(fixtures) == 1
    assert sum(lines) <= 15


@pytest.mark.parametrize(
    ("name", "fix"),
    [
        ("Acme", "acme"),
        ("my-lake", "my_lake"),
        ("2fast", "fast"),
        ("a b", "a_b"),
        ("provender-acme", "acme"),
        ("provender_acme!", "acme"),
        ("a__b", "a_b"),
        ("_a_", "a"),
        ("x" * 21, "x" * 20),
        ("größe", "gr_e"),
        ("../acme", "acme"),
        ("no", None),
        ("null", None),
        ("", None),
        ("7", None),
    ],
)
def test_a_name_that_no_provider_can_have_is_refused(provender, tmp_path, name, fix):
    told = provender("plugin", "new", "--", name, code=1).stderr
    assert f"{name!r} cannot be the name of a provider" in told
    assert "allowed: up to 20 lower-case letters" in told
    assert (f"fix: provender plugin new {fix}\n" in told) if fix else ("fix:" not in told)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("class", "a keyword of Python"),
        ("none", "a keyword of Python"),
        ("provender", "a name of Provender itself"),
        ("core", "a name of Provender itself"),
        ("data", "the class DataSource of Provender would be hidden"),
        ("sql", "the class SqlOfflineStore of Provender would be hidden"),
        ("server", "a key of feature_store.yaml"),
        ("flags", "a key of feature_store.yaml"),
    ],
)
def test_a_word_that_has_another_meaning_is_refused(provender, tmp_path, name, why):
    told = provender("plugin", "new", name, code=1).stderr
    assert f"{name!r} cannot be the name of a provider\n  got: {why}" in told
    assert "fix:" not in told
    assert list(tmp_path.iterdir()) == []


def test_the_names_of_all_classes_are_known():
    templates = files("provender.cli") / "templates" / "plugin" / "package"
    text = "".join(item.read_text() for item in templates.iterdir())
    found = set(re.findall(r"class \$\{Name\}(\w+)", text))
    assert found == {name.removeprefix("X") for name in PluginName("x").classes}


@pytest.mark.parametrize("name", ["local", "gcp"])
def test_the_name_of_an_installed_provider_is_taken(provender, tmp_path, name):
    told = provender("plugin", "new", name, code=1).stderr
    assert f"{name!r} is installed already" in told
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_a_package_is_taken(provender, tmp_path):
    (tmp_path / "site" / "provender_acme").mkdir(parents=True)
    (tmp_path / "site" / "provender_acme" / "__init__.py").touch()
    told = provender("plugin", "new", "acme", code=1, PYTHONPATH=str(tmp_path / "site")).stderr
    assert "a package 'provender_acme' is installed already" in told
    assert not (tmp_path / "provender-acme").exists()


@pytest.mark.parametrize("what", ["file", "directory", "link"])
def test_nothing_is_overwritten(provender, tmp_path, what):
    place = tmp_path / "provender-acme"
    if what == "file":
        place.write_text("mine")
    elif what == "directory":
        place.mkdir()
        (place / "README.md").write_text("mine")
    else:
        place.symlink_to(tmp_path / "nowhere")
    before = sorted(tmp_path.rglob("*"))
    told = provender("plugin", "new", "acme", code=1).stderr
    assert "exists and is not an empty directory; nothing was written" in told
    assert sorted(tmp_path.rglob("*")) == before
    if what != "link":
        assert (place if what == "file" else place / "README.md").read_text() == "mine"


def test_an_empty_directory_is_filled(provender, tmp_path):
    (tmp_path / "provender-acme").mkdir()
    provender("plugin", "new", "acme")
    assert "pyproject.toml" in written(tmp_path / "provender-acme")
