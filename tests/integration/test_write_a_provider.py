"""The page "Write a provider in an afternoon": its code is the skeleton's, and all of it runs."""

from __future__ import annotations

import re
import shlex

import pytest

from built.wheels import OFFLINE, ROOT, new_environment
from provender.plugin import CAPABILITIES
from provender.testing.report import model as report

PAGE = (ROOT / "docs" / "write-a-provider.md").read_text()
FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPETS = FENCE.findall(PAGE)
FEW = ["-k", "within_a_batch or immutable", "-p", "no:cacheprovider"]


@pytest.fixture(scope="module")
def place(core_wheel, tmp_path_factory):
    """An environment with Provender, in whose directory the page's commands run."""
    environment = new_environment(tmp_path_factory.mktemp("page"))
    environment.install(core_wheel)
    return environment


def run_line(place, line, cwd):
    """Run one line of the page; pip gets no network, and pytest runs a few of the tests.

    The whole run of the skeleton's tests is that of test_plugin_new.py.
    """
    command, _, target = line.partition(" > ")
    words = shlex.split(command)
    if words[0] == "pip":
        assert words[:2] == ["pip", "install"]
        place.run("python", "-m", "pip", *words[1:], *OFFLINE, cwd=cwd)
    elif words[0] == "pytest":
        place.run("python", "-m", "pytest", *words[1:], *FEW, cwd=cwd)
    else:
        printed = place.run(*words, cwd=cwd)
        if target:
            (cwd / target).write_text(printed)


@pytest.fixture(scope="module")
def root(place):
    """The directory of the provider, after the commands of the page."""
    cwd = place.cwd
    for line in "".join(text for kind, _, text in SNIPPETS if kind == "sh").splitlines():
        if line.startswith("cd "):
            cwd = cwd / line.removeprefix("cd ")
        else:
            run_line(place, line, cwd)
    return cwd


def test_the_commands_do_what_the_page_says(place, root):
    assert root.name == "provender-acme"
    listed = place.run("provender", "plugins").splitlines()
    (acme,) = [line.split() for line in listed if line.startswith("acme ")]
    assert acme[:5] == ["acme", "provider", "provender-acme", "0.1.0", "ready"]
    assert "| newest wins within a batch | ✅ passed | 9 |" in (root / "CONFORMANCE.md").read_text()
    assert "<svg" in (root / "badge.svg").read_text()


def test_the_code_of_the_page_is_the_code_of_the_skeleton(root):
    titled = [(title, text) for kind, title, text in SNIPPETS if kind == "python" and "/" in title]
    assert len({title for title, _ in titled}) == 8
    for title, text in titled:
        assert text.rstrip("\n") in (root / title).read_text(), title


def test_every_file_that_the_page_names_is_there(root):
    named = set(re.findall(r"`((?:provender_acme|tests)/\w+\.py)`", PAGE))
    assert len(named) >= 6
    assert [name for name in sorted(named) if not (root / name).is_file()] == []


def test_a_flaw_is_shown_as_on_the_page(place, root):
    online = root / "provender_acme" / "online.py"
    right = online.read_text()
    assert right.count(">= stored") == 1
    online.write_text(right.replace(">= stored", "> stored"))
    try:
        options = ["-q", "-p", "no:cacheprovider", "-k", "rows_can_grow"]
        printed = place.run("python", "-m", "pytest", *options, cwd=root, code=1)
    finally:
        online.write_text(right)
    (expected,) = [text for kind, _, text in SNIPPETS if kind == "text"]
    assert [line for line in expected.splitlines() if line not in printed] == []


def test_the_provider_is_used_as_on_the_page(place, root):
    folder = place.cwd / "use"
    folder.mkdir()
    for _, title, text in SNIPPETS:
        if title in ("feature_store.yaml", "use.py", "one_store.yaml"):
            (folder / title).write_text(text)
    printed = place.run("python", "-W", "error", "use.py", cwd=folder)
    assert printed == "{'driver_id': [1001], 'rating': [4.5]}\n"
    ask = (
        "from provender import FeatureStore\n"
        "with FeatureStore(fs_yaml_file='one_store.yaml') as store:\n"
        "    print(type(store.stores.online).__name__, type(store.stores.offline).__name__)\n"
    )
    assert place.run("python", "-c", ask, cwd=folder).split() == ["AcmeOnlineStore", "DuckDBStore"]


def test_every_capability_is_on_the_page():
    rows = [
        f"| {role} | `{name}` | {meaning} |"
        for role, known in CAPABILITIES.items()
        for name, meaning in known.items()
    ]
    assert [row for row in rows if row not in PAGE.splitlines()] == []


@pytest.mark.parametrize(
    ("label", "part"),
    [
        ("the report", report.Report),
        ("`versions`", report.Versions),
        ("`rules` and `cases`, counts", report.Tally),
        ("each of `suites`", report.SuiteRun),
        ("each of its `results`, a rule", report.Rule),
        ("each of its `cases`", report.Case),
    ],
)
def test_every_key_of_the_report_is_on_the_page(label, part):
    keys = ", ".join(f"`{key}`" for key in part.__struct_fields__)
    assert f"| {label} | {keys} |" in PAGE.splitlines()
    assert f"`format` is {report.FORMAT};" in PAGE
