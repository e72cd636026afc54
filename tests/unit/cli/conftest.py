"""Commands in a repository with views and rows."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def run(weather, provender):
    """Run a command in the repository and return its answer; JSON is parsed."""

    def command(*arguments, code=0, **more):
        done = provender(*arguments, cwd=weather.path, code=code, **more)
        return json.loads(done.stdout) if "json" in arguments else done.stdout

    return command
