"""DynamoDB for tests: moto's, ministack's, or that of a real account.

Moto answers with unprocessed keys past 16 MB, and ministack refuses what is too many or too large
for one request; both keep conditions under concurrent writers.

A real one is used where ``PROVENDER_TEST_DYNAMODB`` holds the store's settings as JSON, such as
``{"region": "eu-central-1", "table_prefix": "provender-tests"}``.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from provender.testing.servers import HOST, free_port, listens, running
from servers.install import environment
from servers.shared import shared

Settings = dict[str, Any]
_REAL = "PROVENDER_TEST_DYNAMODB"


@contextmanager
def dynamodb_settings(server: str) -> Iterator[Settings]:
    """Yield the settings of a store that nothing else uses.

    Args:
        server: ``ministack`` or ``moto``, where no real account is named.
    """
    own = {"table_prefix": f"provender-{uuid4().hex[:8]}"}
    if real := os.environ.get(_REAL):
        yield {**own, **json.loads(real)}
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield {**own, "region": "us-east-1", "endpoint": shared(server)}


@contextmanager
def ministack_server() -> Iterator[str]:
    """Run ministack while the block runs; skip the test when it cannot be had."""
    found = environment("ministack")
    if found is None:
        pytest.skip("ministack is not installed: python3 tests/servers/install.py ministack")
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="provender-ministack-"))
    env = {"GATEWAY_PORT": str(port), "MINISTACK_HOST": HOST, "HOME": str(folder)}
    env |= {"SERVICES": "dynamodb", "LOG_LEVEL": "ERROR", "DOCKER_HOST": f"unix://{folder}/none"}
    try:
        # its own command would listen everywhere
        command = [found / "bin/hypercorn", "--bind", f"{HOST}:{port}", "ministack.app:app"]
        with running(command, ready=lambda: listens(port), log=folder / "log", env=env):
            yield f"http://{HOST}:{port}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
