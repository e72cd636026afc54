"""``GET /health``, ``GET /ready`` and ``GET /metrics``."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from provender.errors import ProvenderError
from provender.server.context import Context
from provender.wire.names import JSON

_KEPT_SECONDS = 0.5
_UNAVAILABLE = 503


async def health(request: Request, context: Context) -> Response:
    """Report that the process is alive; nothing is asked for it."""
    return Response(b'{"status":"alive"}', media_type=JSON)


async def metrics(request: Request, context: Context) -> Response:
    """Tell what was measured."""
    context.metrics.flush()
    body = await context.housekeeping.run(context.metrics.exposition)
    return Response(body, media_type=CONTENT_TYPE_LATEST)


class Readiness:
    """Tells whether requests can be served: the online store answers, the catalog was read.

    A registry that cannot be reached while the catalog is at hand keeps nobody from being served:
    the answer says so, and is 200. What was found is kept for half a second, so that many who ask
    cost one look.

    Args:
        context: What the server works with.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._answer: tuple[int, dict[str, Any]] = (_UNAVAILABLE, {})

    async def __call__(self, request: Request, context: Context) -> Response:
        """Answer one request."""
        async with self._lock:
            if time.monotonic() >= self._until:
                self._answer = await self._look()
                self._until = time.monotonic() + _KEPT_SECONDS
        status, document = self._answer
        return Response(msgspec.json.encode(document), status, media_type=JSON)

    async def _look(self) -> tuple[int, dict[str, Any]]:
        refresh = self._context.refresh
        if not refresh.is_loaded:
            await refresh.once()
        registry = _told(refresh.failure)
        online = _told(await self._online()) if refresh.is_loaded else {"reachable": False}
        ready = refresh.is_loaded and online["reachable"]
        document = {"ready": ready, "stores": {"online": online, "registry": registry}}
        return 200 if ready else _UNAVAILABLE, document

    async def _online(self) -> ProvenderError | None:
        try:
            await self._context.reads.probe()
        except ProvenderError as error:
            return error
        return None


def _told(failure: ProvenderError | None) -> dict[str, Any]:
    """Return how a store stands, without addresses and paths that are nobody's business."""
    if failure is None:
        return {"reachable": True}
    return {"reachable": False, "error": failure.problems[0].fact}
