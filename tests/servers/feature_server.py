"""`provender serve`, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from provender.testing.servers import HOST, free_port, listens, running

PROVENDER = Path(sys.executable).with_name("provender")


@dataclass(frozen=True)
class FeatureServer:
    """A server that runs.

    Attributes:
        url: Its address.
        process: Its process, which is its only worker or the parent of its workers.
        log: What it printed.
    """

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def client(self, **settings: object) -> httpx.Client:
        """Return a client of it, to be closed."""
        return httpx.Client(base_url=self.url, timeout=30.0, **settings)  # type: ignore[arg-type]

    def workers(self) -> list[int]:
        """Return the process ids of its workers."""
        found = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [pid for pid in map(int, found.split()) if _serves(pid)]

    def kill_a_worker(self) -> None:
        """Kill the first worker: kill -9."""
        os.kill(self.workers()[0], signal.SIGKILL)


def _serves(pid: int) -> bool:
    """Whether a child is a worker rather than the tracker of multiprocessing's resources."""
    try:
        return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


@contextmanager
def feature_server(
    repository: Path,
    *options: str,
    env: Mapping[str, str] | None = None,
    scheme: str = "http",
    **verify: object,
) -> Iterator[FeatureServer]:
    """Run ``provender serve`` in a feature repository while the block runs.

    Args:
        repository: The directory of feature_store.yaml.
        options: Further options.
        env: What is added to the environment.
        scheme: ``http`` or ``https``.
        verify: Settings of httpx for the look whether it lives.
    """
    port = free_port()
    url, log = f"{scheme}://{HOST}:{port}", repository / f"serve-{port}.log"
    command = [PROVENDER, "--config", repository / "feature_store.yaml", "serve"]

    def lives() -> bool:
        try:
            return httpx.get(f"{url}/health", **verify).status_code == 200  # type: ignore[arg-type]
        except httpx.TransportError:
            return False

    arguments = [*command, "--port", str(port), *options]
    with running(arguments, ready=lives, log=log, env=env) as process:
        yield FeatureServer(url, process, log)


@contextmanager
def offline_server(repository: Path, *options: str, **env: str) -> Iterator[str]:
    """Run ``provender serve-offline`` in a feature repository while the block runs.

    Args:
        repository: The directory of feature_store.yaml.
        options: Further options.
        env: What is added to the environment.

    Yields:
        Its address.
    """
    port = free_port()
    command = [PROVENDER, "--config", repository / "feature_store.yaml", "serve-offline"]
    arguments = [*command, "--port", str(port), *options]
    log = repository / f"serve-offline-{port}.log"
    scheme = "grpc+tls" if "--tls-cert" in options else "grpc"
    with running(arguments, ready=lambda: listens(port), log=log, env=env):
        yield f"{scheme}://{HOST}:{port}"
