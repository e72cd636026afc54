"""Redis from Debian's package, in a process of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from provender.testing.servers import HOST, free_port, listens, running
from servers.install import program


@dataclass(frozen=True)
class RedisServer:
    """A server that runs.

    Attributes:
        port: Where it listens, on the loopback interface.
        process: Its process.
    """

    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Its address, as ``redis://127.0.0.1:6379/0``."""
        return f"redis://{HOST}:{self.port}/0"


@contextmanager
def redis_server(folder: Path, *options: str, port: int | None = None) -> Iterator[RedisServer]:
    """Run a server while the block runs; skip the test when it cannot be had.

    Args:
        folder: Where it keeps its data and its log.
        options: More options, as in redis.conf; without any, it saves nothing.
        port: Where it listens; None: on a port that is free.

    Yields:
        The server, which knows its address.
    """
    found = program("redis-server")
    if found is None:
        pytest.skip("redis-server is not installed: python3 tests/servers/install.py redis")
    port = port or free_port()
    place = ["--bind", HOST, "--port", str(port), "--dir", str(folder)]
    command: list[str | Path] = [found, *place, "--save", "", *options]
    with running(command, ready=lambda: listens(port), log=folder / "redis.log") as process:
        yield RedisServer(port, process)
