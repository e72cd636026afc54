"""Structs as answers."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from provender.wire.names import JSON


def json_response(answer: msgspec.Struct, status: int = 200) -> Response:
    """Return a struct as an answer in JSON."""
    return Response(msgspec.json.encode(answer), status, media_type=JSON)
