"""Responses: sent at once without a response object, or made of a struct."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
from starlette.responses import Response

from provender.errors import ProvenderError
from provender.server.http.bodies import Headers
from provender.server.http.errors import answer_to, failure_body, headers_of, status_of
from provender.wire.answers import ProblemAnswer
from provender.wire.names import ARROW, JSON, REQUEST_ID

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_log = logging.getLogger("provender.server")
_REQUEST_ID = REQUEST_ID.encode()
_OURS = 500
_MEDIA = {media: media.encode() for media in (JSON, ARROW)}


def json_response(answer: msgspec.Struct, status: int = 200) -> Response:
    """Return a struct as a response in JSON."""
    return Response(msgspec.json.encode(answer), status, media_type=JSON)


async def send_answer(
    send: Send,
    status: int,
    body: bytes,
    media: str,
    asked: Headers,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> None:
    """Send one answer.

    Args:
        send: See ASGI.
        status: Its code.
        body: Its body.
        media: The media type of the body.
        asked: The headers of the request; its id is sent back.
        headers: Further headers.
    """
    size = b"%d" % len(body)
    head = [(b"content-type", _MEDIA[media]), (b"content-length", size), *headers]
    if _REQUEST_ID in asked:
        head.append((_REQUEST_ID, asked[_REQUEST_ID]))
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: ProvenderError, asked: Headers) -> int:
    """Send what is wrong in the one shape of all errors, and return the code."""
    status, body = answer_to(error)
    log_failure(error, asked.get(_REQUEST_ID, b"").decode("latin-1"))
    headers = tuple((k.encode(), v.encode()) for k, v in headers_of(error).items())
    await send_answer(send, status, body, JSON, asked, headers)
    return status


async def send_fault(send: Send, asked: Headers) -> int:
    """Log the exception at hand, a fault of ours or of a plug-in, and send 500."""
    _log.exception("a request failed unexpectedly")
    await send_answer(send, _OURS, fault_body(), JSON, asked)
    return _OURS


def fault_body() -> bytes:
    """Return the body of an answer to a fault; the log has its traceback."""
    told = [ProblemAnswer("unexpected error in the server or one of its plug-ins")]
    return failure_body("InternalError", _OURS, told)


def log_failure(error: ProvenderError, request_id: str) -> None:
    """Log what is not the client's fault, with everything that the answer leaves out."""
    if status_of(error) >= _OURS:
        _log.warning("a request%s failed: %s", request_id and f" ({request_id})", error)
