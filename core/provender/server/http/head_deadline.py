"""`HeadDeadline`: HTTP connections on which a request line and its headers come in time."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from provender.clock import seconds_text
from provender.server.http.errors import HeadLate, answer_to

PROTOCOL: Final = f"{__name__}:HeadDeadline"
"""Where uvicorn finds the protocol."""
HEAD_SECONDS: Final = "provender_head_seconds"
"""The key of the lifespan's state that holds how many seconds headers may take."""


class HeadDeadline(HttpToolsProtocol):
    """Closes a connection whose request line and headers do not arrive within the deadline.

    Uvicorn has a timeout between requests only; one that has begun, or the first of a connection,
    it awaits for ever. A request that has begun is answered with 408.
    """

    _timer: asyncio.TimerHandle | None = None
    _begun = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Await the first request."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Await nothing any longer."""
        self._stop()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Await the headers of a request that has begun."""
        super().on_message_begin()
        self._begun = True
        if self._timer is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        """Hand the request on: its body has a deadline of its own."""
        self._stop()
        super().on_headers_complete()

    @property
    def _seconds(self) -> float:
        return float(self.app_state[HEAD_SECONDS])

    def _await_head(self) -> None:
        self._timer = self.loop.call_later(self._seconds, self._late)

    def _stop(self) -> None:
        self._begun = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._await_head()  # nothing more is read while an earlier request is under way
            return
        self._timer = None
        if self.transport.is_closing():
            return
        if self._begun:
            self.transport.write(_answer(self._seconds))
        self.transport.close()


def _answer(seconds: float) -> bytes:
    status, body = answer_to(
        HeadLate(
            f"the headers of the request did not arrive within {seconds_text(seconds)}",
            fix="send the request line and all headers, and an empty line after them",
        )
    )
    lines = [
        f"HTTP/1.1 {status} Request Timeout",
        "content-type: application/json",
        f"content-length: {len(body)}",
        "connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
