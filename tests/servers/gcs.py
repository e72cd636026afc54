"""fake-gcs-server, which stands for Cloud Storage.

It honours `if_generation_match` of uploads in one request, and ignores preconditions of deletions,
downloads, patches and resumable uploads.
"""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from provender.testing.servers import HOST, free_port, running
from servers.install import environment

_PROGRAM = "lib/python*/site-packages/*/vendor/fake-gcs-server/bin/fake-gcs-server-*"


@contextmanager
def gcs_server(folder: Path) -> Iterator[str]:
    """Run the server while the block runs; skip the test when it cannot be had.

    Yields:
        Its endpoint, such as ``http://127.0.0.1:4443``.
    """
    home = environment("gcs")
    found = sorted(home.glob(_PROGRAM)) if home else []
    program = next((file for file in found if os.access(file, os.X_OK)), None)
    if program is None:
        pytest.skip("fake-gcs-server is not installed: python3 tests/servers/install.py gcs")
    port = free_port()
    endpoint = f"http://{HOST}:{port}"

    def answers() -> bool:
        with urllib.request.urlopen(f"{endpoint}/storage/v1/b") as answer:  # noqa: S310
            return bool(answer.status == 200)

    command = [program, "-scheme", "http", "-host", HOST, "-port", str(port)]
    command += ["-backend", "memory", "-public-host", f"{HOST}:{port}"]
    with running(command, ready=answers, log=folder / "gcs.log"):
        yield endpoint
