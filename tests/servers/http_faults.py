"""An HTTP server that passes every request on to another one, but for those a test spoils."""

from __future__ import annotations

import http.client
import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

from provender.testing.servers import HOST
from servers.threads import served_by_threads

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True)
class Answer:
    """What a server answers; status 0: it closes the connection without an answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Call = Callable[[], Answer]
"""Passes the request on."""
Fault = Callable[[Call], Answer]
"""What happens to one request instead of it."""


def refuse(status: int, message: str = "on purpose") -> Fault:
    """Do nothing and answer with an error of Google's form."""
    error = {"error": {"code": status, "message": message, "errors": [{"message": message}]}}
    body = json.dumps(error).encode()
    return lambda call: Answer(status, body, {"content-type": "application/json"})


def lose(status: int = 503) -> Fault:
    """Do it, and answer with an error all the same; 0: not at all."""

    def fault(call: Call) -> Answer:
        call()
        return refuse(status)(call)

    return fault


def around(*, first: Callable[[], object] = int, then: Callable[[], object] = int) -> Fault:
    """Let something else happen just before and just after, and lose the answer with a 503."""

    def fault(call: Call) -> Answer:
        first()
        call()
        then()
        return refuse(503)(call)

    return fault


class HttpFaults:
    """What becomes of the next requests.

    Attributes:
        endpoint: Where the server listens.
        requests: The method and path of each request so far.
        body: The body of the newest one.
    """

    def __init__(self, target: str) -> None:
        self.target = urlsplit(target)
        self.endpoint = ""
        self.requests: list[tuple[str, str]] = []
        self.body = b""
        self._faults: list[tuple[str, str, deque[Fault]]] = []
        self._lock = threading.Lock()

    def spoil(self, method: str, part: str, *faults: Fault, times: int = 1) -> None:
        """Let these happen to the next requests of a method whose path holds `part`."""
        self._faults.append((method, part, deque(faults * times)))

    def reset(self) -> None:
        """Let every request pass, and count anew."""
        self._faults.clear()
        self.requests.clear()

    def next(self, method: str, path: str, body: bytes) -> Fault | None:
        """Note a request and return what is to happen to it."""
        with self._lock:
            self.body = body
            self.requests.append((method, path))
            for wanted, part, faults in self._faults:
                if wanted == method and part in path and faults:
                    return faults.popleft()
        return None


def _handler(faults: HttpFaults) -> type[BaseHTTPRequestHandler]:
    class Relay(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _relay(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            operation = self.headers.get("x-amz-target", "")  # AWS names it beside the path
            fault = faults.next(self.command, f"{self.path} {operation}".rstrip(), body)
            answer = fault(lambda: self._passed_on(body)) if fault else self._passed_on(body)
            if not answer.status:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _relay  # noqa: N815

        def _passed_on(self, body: bytes) -> Answer:
            target = http.client.HTTPConnection(faults.target.hostname or HOST, faults.target.port)
            headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP_BY_HOP}
            try:
                target.request(self.command, self.path, body, headers)
                answer = target.getresponse()
                return Answer(answer.status, answer.read(), dict(answer.getheaders()))
            finally:
                target.close()

        def log_message(self, *args: object) -> None:
            pass

    return Relay


@contextmanager
def http_faults(endpoint: str) -> Iterator[HttpFaults]:
    """Run such a server in front of another one while the block runs."""
    faults = HttpFaults(endpoint)
    with served_by_threads(_handler(faults)) as faults.endpoint:
        yield faults
