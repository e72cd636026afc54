"""Repositories, as `feast init` writes them."""

from __future__ import annotations

import pytest

from provender_feast.cli.app import run
from provender_feast.store import FeatureStore


@pytest.fixture
def feast(capsys):
    """Run a command in the process; return its exit code and what it printed."""

    def call(*arguments):
        code = run([str(one) for one in arguments])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return call


@pytest.fixture
def repo(tmp_path, feast, monkeypatch):
    """The repository of the template ``local``, which nothing was registered from."""
    monkeypatch.chdir(tmp_path)
    assert feast("init", "drivers")[0] == 0
    return tmp_path / "drivers/feature_repo"


@pytest.fixture
def applied(repo, feast):
    code, printed = feast("-c", repo, "apply")
    assert code == 0, printed
    return repo


@pytest.fixture
def store(applied):
    opened = FeatureStore(applied)
    yield opened
    opened.close()
