"""What the README and the pages say is true: snippets run, links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import click
import pytest
import yaml

from provender.cli.app import cli
from provender.testing import processes

ROOT = Path(__file__).parents[2]
PATTERNS = ("*.md", "docs/**/*.md", "benchmarks/*.md", "contrib/*/*.md")
PAGES = sorted(page for pattern in PATTERNS for page in ROOT.glob(pattern))
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets(page):
    return FENCE.findall((ROOT / page).read_text())


@pytest.fixture
def run(tmp_path):
    """Run a program where `provender` is on the path; return what it prints."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONWARNINGS": "ignore::DeprecationWarning"}

    def program(*arguments, cwd=tmp_path):
        return processes.run(arguments, cwd=cwd, env=environment, seconds=120).stdout

    return program


def test_the_quick_start_of_the_readme(run, provender, tmp_path):
    shells = [text for kind, _, text in snippets("README.md") if kind == "sh"]
    pythons = [text for kind, _, text in snippets("README.md") if kind == "python"]
    steps = [line.split("#")[0].strip() for line in shells[1].splitlines()]
    assert steps[0] == "pip install ."
    printed = run("bash", "-euc", "\n".join(steps[1:]))
    assert "Registered feature view driver_stats" in printed
    repository = tmp_path / "drivers" / "feature_repo"
    (repository / "features.py").write_text(pythons[0])
    provender("apply", "--yes", cwd=repository)
    provender("materialize-incremental", "2100-01-01", cwd=repository)
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


def test_the_push_page(run, provender, tmp_path):
    (definitions, example) = [text for kind, _, text in snippets("docs/push.md")]
    provender("init", "drivers", "--minimal")
    repository = tmp_path / "drivers" / "feature_repo"
    (repository / "features.py").write_text(definitions)
    provender("apply", "--yes", cwd=repository)
    printed = run(sys.executable, "-c", example, cwd=repository)
    assert printed == "1 ('ratings',) ('driver_ratings',)\n"


def test_the_rebuild_page(run, provender, tmp_path):
    definitions, example, printed, commands, fill = [t for *_, t in snippets("docs/rebuild.md")]
    provender("init", "drivers", "--minimal")
    repository = tmp_path / "drivers" / "feature_repo"
    (repository / "features.py").write_text(definitions)
    assert run(sys.executable, "-c", example, cwd=repository) == printed
    run("bash", "-euc", commands, cwd=repository)
    (repository / "features.py").write_text(definitions.replace("Int64)]", "Float64)]"))
    text = (repository / "features.py").read_text().replace("import Int64", "import Float64, Int64")
    (repository / "features.py").write_text(text)
    assert "driver_stats: 1 row online now" in run("bash", "-euc", fill, cwd=repository)


def test_the_page_of_saved_datasets(run, provender, tmp_path):
    definitions, example, printed, commands, *_ = [
        text for *_, text in snippets("docs/datasets.md")
    ]
    provender("init", "drivers", "--minimal")
    repository = tmp_path / "drivers" / "feature_repo"
    (repository / "features.py").write_text(definitions)
    assert run(sys.executable, "-c", example, cwd=repository) == printed
    assert "3 rows, none differs" in run("bash", "-euc", commands, cwd=repository)


def test_the_usefulness_of_features_on_the_page_of_saved_datasets(run, provender, tmp_path):
    definitions, *_, example, printed, command, table = [
        text for *_, text in snippets("docs/datasets.md")
    ]
    provender("init", "drivers", "--minimal")
    repository = tmp_path / "drivers" / "feature_repo"
    (repository / "features.py").write_text(definitions)
    assert run(sys.executable, "-c", example, cwd=repository) == printed
    assert run("bash", "-euc", command, cwd=repository) == table


def test_the_page_of_on_demand_feature_views(run, provender, tmp_path):
    definitions, example, printed, _ = [text for *_, text in snippets("docs/on-demand.md")]
    provender("init", "drivers", "--minimal")
    repository = tmp_path / "drivers" / "feature_repo"
    (repository / "features.py").write_text(definitions)
    assert run(sys.executable, "-c", example, cwd=repository) == printed
    shown = provender("plan", cwd=repository).stdout
    assert "No changes" in shown


def test_the_commands_of_the_command_line_page(run, tmp_path):
    (text,) = [text for kind, _, text in snippets("docs/cli.md") if kind == "sh"]
    printed = run("bash", "-euc", text)
    assert "driver_stats" in printed
    assert (tmp_path / "drivers" / "feature_repo" / "train.parquet").is_file()


def every_command(group, name=""):
    ctx = click.Context(group)
    for child in group.list_commands(ctx):
        command = group.get_command(ctx, child)
        if isinstance(command, click.Group):
            yield from every_command(command, f"{name}{child} ")
        else:
            yield f"{name}{child}", command


def test_every_command_and_option_is_documented():
    page = (ROOT / "docs" / "cli.md").read_text()
    code = " ".join(re.findall(r"`([^`\n]+)`", page)).replace("\\|", " ").split()
    for name, command in every_command(cli):
        assert re.search(rf"`{name}[` ]", page), name
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.opts[-1] in code, f"{name} {option.opts[-1]}"


def test_every_key_of_the_configuration_is_documented(provender):
    page = (ROOT / "docs" / "configuration.md").read_text()
    schema = json.loads(provender("config", "schema").stdout)
    keys = set(schema["properties"]) - {"materialization"}
    keys |= {f"materialization.{k}" for k in schema["$defs"]["MaterializationConfig"]["properties"]}
    assert [key for key in sorted(keys) if f"| `{key}` |" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files(page):
    targets = LINK.findall(page.read_text())
    assert [target for target in targets if not (page.parent / target).is_file()] == []


def test_the_navigation_names_every_page():
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    docs = ROOT / "docs"
    assert set(pages_of(nav)) == {page.relative_to(docs).as_posix() for page in docs.rglob("*.md")}


def pages_of(nav):
    for entry in nav:
        for file in entry.values():
            yield from pages_of(file) if isinstance(file, list) else [file]
