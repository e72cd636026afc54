"""`Through`: operations of a store, done by a feature server over HTTP."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from provender.client import Client
from provender.client.calls import Call
from provender.wire.stores import MSGPACK
from provender_remote.configuration import RemoteConfig

_encode = msgspec.msgpack.Encoder().encode


class Through:
    """Sends operations; threads may share it, and a process that was forked gets its own.

    Args:
        url: The server's address.
        path: What the paths of the operations begin with.
        config: The store's settings.
    """

    def __init__(self, url: str, path: str, config: RemoteConfig) -> None:
        self._url = url
        self._path = path
        self._config = config
        self._lock = threading.Lock()
        self._opened: tuple[int, Client] | None = None

    def ask(self, operation: str, body: Any, answer: Any, *, repeatable: bool = True) -> Any:
        """Return the answer to an operation, as a type.

        Args:
            operation: Its name.
            body: What it is about.
            answer: The type of its answer.
            repeatable: Whether it is done again when its answer is lost.

        Raises:
            AnswerLost: It may be done or not, and is not repeatable.
            ProvenderError: What the server told; a StoreError when it cannot be reached.
        """
        decode = msgspec.msgpack.Decoder(answer).decode
        return self._client().send(self._call(operation, body, decode, repeatable=repeatable))

    def stream(self, operation: str, body: Any) -> Iterator[bytes]:
        """Return the answer to an operation in pieces, as they come.

        Args:
            operation: Its name.
            body: What it is about.

        Raises:
            ProvenderError: What the server told; a StoreError when it cannot be reached, or is
                lost meanwhile.
        """
        return self._client().stream(self._call(operation, body, bytes))

    def _call(
        self, operation: str, body: Any, read: Callable[[bytes], Any], *, repeatable: bool = True
    ) -> Call[Any]:
        return Call(
            self._path + operation,
            read,
            _encode(body),
            media=MSGPACK,
            accept=MSGPACK,
            repeatable=repeatable,
        )

    def close(self) -> None:
        """Close the connections; the next operation opens new ones."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None and opened[0] == os.getpid():
            opened[1].close()

    def _client(self) -> Client:
        with self._lock:
            if self._opened is None or self._opened[0] != os.getpid():
                config = self._config
                client = Client(
                    self._url,
                    timeout=config.timeout_seconds,
                    retries=config.retries,
                    verify=config.ca_file or True,
                )
                self._opened = os.getpid(), client
            return self._opened[1]
