"""Starting redis-server, as many and as different ones as a test wants."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from redis import Redis

from provender.testing.servers import HOST, free_port, listens, running


@dataclass(frozen=True)
class Server:
    port: int
    password: str | None = None

    @property
    def url(self):
        return f"redis://{HOST}:{self.port}/0"

    def client(self):
        return Redis(HOST, self.port, password=self.password)


@contextmanager
def redis_server(folder, *options, password=None, port=None):
    """Run a server that keeps what it saves in `folder`; `options` are those of redis.conf."""
    port = port or free_port()
    secret = ["--requirepass", password] if password else []
    command = [program(), "--bind", HOST, "--port", str(port), "--dir", folder, "--save", ""]
    with running([*command, *secret, *options], ready=lambda: listens(port), log=folder / "log"):
        yield Server(port, password)


@contextmanager
def sentinel_of(server, folder, service):
    """Run a sentinel that watches a server."""
    port = free_port()
    file = folder / "sentinel.conf"
    watched = f"{service} {HOST} {server.port} 1"
    file.write_text(f"port {port}\nbind {HOST}\ndir {folder}\nsentinel monitor {watched}\n")
    command = [program(), file, "--sentinel"]
    with running(command, ready=lambda: listens(port), log=folder / "sentinel.log"):
        yield f"{HOST}:{port}"


def program():
    found = shutil.which("redis-server")
    if found is None:
        pytest.skip("redis-server is not installed")
    return found


def until(condition, what):
    """Wait until a condition holds, a minute at most."""
    deadline, pause = time.monotonic() + 60, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"waited a minute for {what}"
        pause.wait(0.005)
