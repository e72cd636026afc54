"""Clients that others generate from ``/openapi.json``: as docs/serve.md shows them, compiled."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from provender.testing.processes import run
from servers.feature_server import feature_server
from servers.served_project import make_project

pytestmark = pytest.mark.long
PAGE = Path(__file__).parents[2] / "docs" / "serve.md"


def snippet(title):
    found = re.search(rf'^```\w+ title="{title}"\n(.*?)^```$', PAGE.read_text(), re.M | re.S)
    return found[1]


@pytest.fixture
def served(tmp_path):
    """Return the address of a server, and a folder with its description."""
    folder = tmp_path / "client"
    folder.mkdir()
    path = tmp_path / "repository"
    with make_project(path), feature_server(path) as server, server.client() as client:
        (folder / "openapi.json").write_text(client.get("/openapi.json").text)
        yield server.url, folder


def test_a_client_in_go(served):
    if shutil.which("go") is None:
        pytest.skip("Go is not installed: no client is generated in it")
    url, folder = served
    for title in ("client.sh", "main.go"):
        (folder / title).write_text(snippet(title))
    built = run(["sh", "-eu", "client.sh"], cwd=folder, seconds=600, code=None)
    if "dial tcp" in built.stderr or "no such host" in built.stderr:
        pytest.skip(f"Go's modules cannot be downloaded here: {built.stderr[-200:]}")
    assert built.returncode == 0, built.stderr
    assert run([folder / "reader", url], cwd=folder).stdout == "4.5 PRESENT\n"


def test_a_client_in_typescript(served):
    if shutil.which("npm") is None:
        pytest.skip("Node is not installed: no client is generated for it")
    url, folder = served
    for title in ("client_ts.sh", "reader.mts"):
        (folder / title).write_text(snippet(title))
    built = run(["sh", "-eu", "client_ts.sh"], cwd=folder, seconds=600, code=None)
    if "ENOTFOUND" in built.stderr or "ECONNREFUSED" in built.stderr:
        pytest.skip(f"packages of Node cannot be downloaded here: {built.stderr[-200:]}")
    assert built.returncode == 0, built.stdout + built.stderr
    assert run(["node", "reader.mjs", url], cwd=folder).stdout == "4.5 PRESENT\n"
