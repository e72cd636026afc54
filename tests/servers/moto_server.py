"""moto's server, but with one request for DynamoDB at a time.

It is started by the Python that has moto, with the arguments of ``moto_server``. moto checks the
condition of a write and then writes, without a lock: of two writers that expect the same item, both
can succeed. DynamoDB's conditional writes are atomic.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import moto.server


class OneAtATime(moto.server.DomainDispatcherApplication):
    """Answers a request for DynamoDB only when the one before is answered."""

    _lock = threading.Lock()

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
            return super().__call__(environ, start_response)
        with self._lock:
            return list(super().__call__(environ, start_response))


if __name__ == "__main__":
    moto.server.DomainDispatcherApplication = OneAtATime
    moto.server.main()
