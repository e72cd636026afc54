"""One process of the ``processes`` engine: ``python -m provender.engines.worker FD``.

It gets tasks over the socket FD and gives progress and reports back. It ends, and closes its
stores, when the other end of the socket is closed: when its parent says so or is gone.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time
from multiprocessing.connection import Connection
from types import FrameType
from typing import Final, NoReturn

from provender.plugin.contract.engine import run_json

PROGRESS: Final = b"progress "
REPORT: Final = b"report "
CLOSING_SECONDS: Final = 5.0
"""How long a worker may take to close its stores when it is to end."""


def main() -> None:
    """Run tasks until the other end is closed."""
    signal.signal(signal.SIGTERM, _end)
    connection = Connection(int(sys.argv[1]))
    orders: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(connection, orders), daemon=True).start()
    while True:
        function, task = orders.get()
        report = run_json(function, task, lambda rows: _say(connection, PROGRESS, str(rows)))
        _say(connection, REPORT, report)


def _listen(connection: Connection, orders: queue.SimpleQueue[tuple[str, str]]) -> NoReturn:
    """Receive orders, and end the process when no more can come, whatever it is doing."""
    while True:
        try:
            function = connection.recv_bytes().decode()
            orders.put((function, connection.recv_bytes().decode()))
        except (EOFError, OSError):
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(CLOSING_SECONDS)
            os._exit(1)


def _say(connection: Connection, kind: bytes, text: str) -> None:
    try:
        connection.send_bytes(kind + text.encode())
    except OSError:  # nobody listens any more
        raise SystemExit(1) from None


def _end(number: int, frame: FrameType | None) -> NoReturn:
    """End as a program ends, so that what is open is closed; once is enough."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)


if __name__ == "__main__":
    main()
