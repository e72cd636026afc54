"""`Connections`: connections to one server, lent to one user at a time and kept for the next."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from provender.errors import ProvenderError
from provender_postgres.errors import postgres_errors


class Connections:
    """Opens connections when they are needed; those of a forked process are its own.

    Args:
        settings: What libpq needs to connect.
        kind: The error that is raised when there is none.
        missing: The error that is raised where a table or column does not exist; None: `kind`.
    """

    def __init__(
        self,
        settings: dict[str, Any],
        kind: type[ProvenderError],
        missing: type[ProvenderError] | None = None,
    ) -> None:
        self._settings = dict(settings)
        self._conninfo = self._settings.pop("conninfo", "")
        self._kind = kind
        self._missing = missing
        self._lock = threading.Lock()
        self._idle: list[tuple[int, psycopg.Connection]] = []

    @contextmanager
    def lent(self) -> Iterator[psycopg.Connection]:
        """Lend a connection; what goes wrong inside comes out typed.

        Raises:
            ProvenderError: Of the kind that was asked for.
        """
        with postgres_errors(self._kind, self._missing):
            connection = self.take()
            try:
                yield connection
            finally:
                self.give_back(connection)

    def take(self) -> psycopg.Connection:
        """Return a connection, to be given back."""
        with self._lock:
            while self._idle:
                process, connection = self._idle.pop()
                if process == os.getpid() and not connection.closed:
                    return connection
        return psycopg.connect(
            self._conninfo,
            autocommit=True,
            options="-c timezone=UTC -c extra_float_digits=1",
            **self._settings,
        )

    def give_back(self, connection: psycopg.Connection) -> None:
        """Keep a connection for the next user, unless something is left open in it."""
        idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if connection.closed or not idle:
            connection.close()
            return
        with self._lock:
            self._idle.append((os.getpid(), connection))

    def close(self) -> None:
        """Close what nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for process, connection in idle:
            if process == os.getpid():
                connection.close()
