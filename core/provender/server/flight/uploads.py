"""`read_upload`: the rows of an exchange, as long as they keep coming."""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

from provender.clock import duration_text, duration_us
from provender.server.http.errors import BodyLate

_FDS = Path("/dev/fd")
"""The files that this process has open, on Linux and macOS."""


def read_upload(context: Any, reader: Any, port: int, most: timedelta) -> pa.Table:
    """Return all rows that a client uploads.

    Args:
        context: The call.
        reader: Reads the rows.
        port: The port of the server.
        most: How long a batch may take to arrive.

    Raises:
        BodyLate: One did not come in time, or the client is gone: the rows are not complete.
    """
    with _Watch(context.peer(), port, most.total_seconds()) as watch:
        batches = []
        with suppress(StopIteration):
            while True:
                batches.append(reader.read_chunk().data)
                watch.progress()
        table = pa.Table.from_batches([b for b in batches if b is not None], reader.schema)
    if watch.cut or context.is_cancelled():  # Flight takes a lost connection for the end
        raise BodyLate(
            "the rows of the request did not arrive completely",
            allowed=f"a batch within {duration_text(duration_us(most))}",
            fix="send the whole upload; nothing was done with its part",
        )
    return table


class _Watch:
    """Closes the connection of a client from which nothing comes: Flight cannot end the call.

    Args:
        peer: The client, as gRPC writes it.
        port: The port of the server.
        seconds: How long it may be silent.

    Attributes:
        cut: Whether the connection was closed.
    """

    def __init__(self, peer: str, port: int, seconds: float) -> None:
        self._peer, self._port, self._seconds = peer, port, seconds
        self._last = time.monotonic()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.cut = False

    def progress(self) -> None:
        """Note that something came."""
        self._last = time.monotonic()

    def __enter__(self) -> _Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(max(0.0, self._last + self._seconds - time.monotonic())):
            if time.monotonic() - self._last >= self._seconds:
                self.cut = True
                _close_connection(self._peer, self._port)
                return


def _close_connection(peer: str, port: int) -> None:
    """Shut the connection of a client down; gRPC notices and ends its calls.

    Args:
        peer: The client, such as ``ipv4:10.0.0.1:50000`` or ``ipv6:%5B::1%5D:50000``.
        port: The port of the server, by which its side of a connection is known.
    """
    _, _, address = unquote(peer).partition(":")
    host, _, number = address.rpartition(":")
    wanted = _address(host.strip("[]")), int(number)
    for connection in _connections():
        with suppress(OSError, ValueError):
            name, own = connection.getpeername(), connection.getsockname()
            if (_address(name[0]), name[1]) == wanted and own[1] == port:
                connection.shutdown(socket.SHUT_RDWR)


def _connections() -> Iterator[socket.socket]:
    """Return the TCP sockets of this process, each as a duplicate until the next is looked at."""
    for file in list(_FDS.iterdir()):
        with suppress(OSError), _duplicate(int(file.name)) as found:
            if found.family in (socket.AF_INET, socket.AF_INET6):
                yield found


@contextmanager
def _duplicate(number: int) -> Iterator[socket.socket]:
    if not stat.S_ISSOCK(os.fstat(number).st_mode):
        raise OSError(f"{number} is not a socket")
    with socket.socket(fileno=os.dup(number)) as found:
        yield found


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address; one of IPv4 that is written as IPv6 is the former."""
    found = ipaddress.ip_address(text.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found
