"""One server of a kind for all tests of a process: started when a test first asks for it.

What tests keep on it has names of their own: a database, a bucket, a collection, a prefix. It runs
until the process ends.
"""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

from harness.leaks import lasting

_running = ExitStack()
_found: dict[str, Any] = {}


def shared(kind: str) -> Any:
    """Return the process's server of a kind; skip the test when it cannot be had.

    Args:
        kind: ``bigquery``, ``firestore``, ``gcs``, ``ministack``, ``moto`` or ``postgres``.

    Returns:
        What its own function yields: its endpoint, or an object that knows it.
    """
    if kind not in _found:
        with lasting():
            _found[kind] = _running.enter_context(_server(kind))
    return _found[kind]


def _server(kind: str) -> AbstractContextManager[Any]:
    from servers import bigquery, dynamodb, firestore, gcs, postgres, redshift

    starts: dict[str, Callable[[], AbstractContextManager[Any]]] = {
        "bigquery": lambda: bigquery.bigquery_server(_folder()),
        "firestore": lambda: firestore.firestore_server(_folder()),
        "gcs": lambda: gcs.gcs_server(_folder()),
        "ministack": dynamodb.ministack_server,
        "moto": redshift.s3_server,
        "postgres": lambda: postgres.postgres_server("max_connections=200"),
    }
    return starts[kind]()


def _folder() -> Path:
    return Path(_running.enter_context(tempfile.TemporaryDirectory(prefix="provender-server-")))


def pytest_sessionfinish() -> None:
    """Stop the servers while whoever looks at what is left still waits."""
    _stop()


@atexit.register
def _stop() -> None:
    _found.clear()
    _running.close()
