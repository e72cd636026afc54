"""An HTTP server of threads in this process, which leaves no connection and no thread behind."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from provender.testing.servers import HOST


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # or closing does not wait for them
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__((HOST, 0), handler)

    def process_request(self, request: socket.socket, client_address: object) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the connections that clients keep open, and wait for their threads."""
        for connection in list(self._connections):
            with suppress(OSError):  # it is closed at this moment
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing when a client goes away."""


@contextmanager
def served_by_threads(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free loopback port while the block runs; yield the address."""
    with _Server(handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
