"""The ASGI application of one worker."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route

from provender.config.server import Scope
from provender.errors import ProvenderError
from provender.server.auth.tokens import check_access
from provender.server.context import Context
from provender.server.http.bodies import Disconnected, Headers, Receive
from provender.server.http.errors import WrongHost, answer_to, failure_body, headers_of
from provender.server.http.head_deadline import HEAD_SECONDS
from provender.server.http.responses import Send, fault_body, log_failure, send_error
from provender.server.routes import probes, runs, writes
from provender.server.routes.docs_page import DOCS, ICON, assets, docs_page, icon
from provender.server.routes.online import OnlineEndpoint
from provender.server.routes.openapi import openapi_json
from provender.server.routes.stores import store_endpoints
from provender.wire import names
from provender.wire.answers import ProblemAnswer

Serve = Callable[[Request, Context], Awaitable[Response]]
_GONE = 499


class Application:
    """Hands reads of online features to their endpoint at once, everything else to Starlette.

    Args:
        context: What the endpoints share.
    """

    def __init__(self, context: Context) -> None:
        self._hosts = context.hosts
        self._online = OnlineEndpoint(context)
        self._others = _starlette(context, self._online)

    def __call__(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> Awaitable[None]:
        """Answer one request, or start and stop with the server."""
        if self._hosts is not None and scope["type"] == "http":
            headers = dict(scope["headers"])
            try:
                self._hosts.check(headers)
            except WrongHost as error:
                return _refused(send, error, headers)
        is_read = scope["type"] == "http" and scope["path"] == names.ONLINE_FEATURES
        if is_read and scope["method"] == "POST":
            return self._online(scope, receive, send)
        return self._others(scope, receive, send)


async def _refused(send: Send, error: WrongHost, headers: Headers) -> None:
    await send_error(send, error, headers)


def _starlette(context: Context, online: OnlineEndpoint) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, float]]:
        async with context.serving():
            yield {HEAD_SECONDS: context.settings.deadline.total_seconds()}

    return Starlette(
        routes=_routes(context, online),
        lifespan=lifespan,
        exception_handlers={HTTPException: _no_route, Exception: _fault},
    )


def _routes(context: Context, online: OnlineEndpoint) -> list[BaseRoute]:
    def route(method: str, path: str, serve: Serve, scope: Scope | None = None) -> Route:
        return Route(path, _endpoint(context, path, serve, scope), methods=[method])

    stores = store_endpoints() if context.settings.stores else []
    return [
        Route(names.ONLINE_FEATURES, online, methods=["POST"]),
        *(route("POST", path, serve, scope) for path, serve, scope in stores),
        route("POST", names.PUSH, writes.push, "write"),
        route("POST", names.WRITE_ONLINE, writes.write_to_online_store, "write"),
        route("POST", names.MATERIALIZE, runs.materialize, "admin"),
        route("POST", names.MATERIALIZE_INCREMENTAL, runs.materialize_incremental, "admin"),
        route("POST", names.REBUILD, runs.rebuild, "admin"),
        route("GET", names.RUNS + "{id}", runs.run, "read"),
        route("GET", names.HEALTH, probes.health),
        route("GET", names.READY, probes.Readiness(context)),
        route("GET", names.METRICS, probes.metrics, "read"),
        route("GET", names.OPENAPI, openapi_json),
        route("GET", DOCS, docs_page),
        route("GET", ICON, icon),
        Mount(DOCS + "/assets", assets()),
    ]


def _endpoint(
    context: Context, path: str, serve: Serve, needed: Scope | None
) -> Callable[[Request], Awaitable[Response]]:
    """Return the middleware: authentication, errors in one shape, and metrics."""

    async def endpoint(request: Request) -> Response:
        begin = time.perf_counter()
        headers = dict(request.scope["headers"])
        try:
            if needed is not None and context.guard is not None:
                await check_access(context.guard, headers, needed)
            response = await serve(request, context)
        except Disconnected:
            response = Response(status_code=_GONE)
        except ProvenderError as error:
            log_failure(error, request.headers.get(names.REQUEST_ID, ""))
            status, body = answer_to(error)
            response = Response(body, status, dict(headers_of(error)), names.JSON)
        if names.REQUEST_ID in request.headers:
            response.headers[names.REQUEST_ID] = request.headers[names.REQUEST_ID]
        observe = context.metrics.request(path, response.status_code).observe
        observe(time.perf_counter() - begin)
        return response

    return endpoint


async def _no_route(request: Request, error: Exception) -> Response:
    """Tell that there is no such path, or that it has another method."""
    status = error.status_code if isinstance(error, HTTPException) else 404
    headers = error.headers if isinstance(error, HTTPException) else None
    fact = "there is no such path" if status == 404 else "the path does not accept this method"
    allowed = (headers or {}).get("Allow")
    problem = ProblemAnswer(fact, f"{request.method} {request.url.path}"[:200], allowed)
    kind = "NoSuchPath" if status == 404 else "NoSuchMethod"
    return Response(failure_body(kind, status, [problem]), status, headers, names.JSON)


async def _fault(request: Request, error: Exception) -> Response:
    """Answer a fault; Starlette raises it again, so that the log has its traceback."""
    return Response(fault_body(), 500, media_type=names.JSON)
