"""`FeatureProtocol`: uvicorn's HTTP, with a short way for the one request that comes most often.

A read of online features that needs no waiting is answered where its body ends: without a task,
without ASGI's messages, and by one write to the connection instead of two. Whatever else it is (a
token to be checked, Arrow, a store to be waited for, anything wrong) goes uvicorn's own way, as if
nothing had been looked at.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from provender.wire.names import JSON, ONLINE_FEATURES

_URL = ONLINE_FEATURES.encode()
_LARGEST = 64 * 1024
_HEAD = b"HTTP/1.1 200 OK\r\n%bcontent-type: " + JSON.encode() + b"\r\ncontent-length: %d\r\n\r\n%b"


class FeatureProtocol(HttpToolsProtocol):
    """One connection of a client."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._answer_now = getattr(self.app, "answer_now", None)
        self._held: bytes | None = None
        self._defaults: tuple[object, bytes] = (None, b"")

    def on_headers_complete(self) -> None:
        """Wait for the body of a request that may go the short way."""
        if self._may_be_short():
            self._held = b""
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Keep the body, unless it becomes large."""
        if self._held is None:
            super().on_body(body)
            return
        self._held += body
        if len(self._held) > _LARGEST:
            self._go_the_long_way()

    def on_message_complete(self) -> None:
        """Answer, if nothing has to be waited for."""
        if self._held is not None:
            answer = self._answer_now(self.headers, self._held) if self._answer_now else None
            if answer is not None:
                self._held = None
                self.transport.write(_HEAD % (self._default_headers(), len(answer), answer))
                self.on_response_complete()
                return
            self._go_the_long_way()
        super().on_message_complete()

    def shutdown(self) -> None:
        """Let a request whose body is under way be done, as uvicorn does."""
        if self._held is not None:
            self._go_the_long_way()
        super().shutdown()

    def _may_be_short(self) -> bool:
        """Return whether it is a read of online features, and nothing else is under way."""
        return (
            self.url == _URL
            and self._answer_now is not None
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
            and not self.access_log
            and not self.expect_100_continue
            and not self.pipeline
            and not self.flow.write_paused
            and (self.cycle is None or self.cycle.response_complete)
        )

    def _go_the_long_way(self) -> None:
        """Give uvicorn what it was not given yet."""
        held, self._held = self._held, None
        super().on_headers_complete()
        if held:
            super().on_body(held)

    def _default_headers(self) -> bytes:
        """Return the headers of every answer, such as the date; made anew when they change."""
        known, written = self._defaults
        headers = self.server_state.default_headers
        if known is not headers:
            written = b"".join(b"%b: %b\r\n" % header for header in headers)
            self._defaults = headers, written
        return written
