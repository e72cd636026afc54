"""``POST /push`` and ``POST /write-to-online-store``; 200 means that the rows are written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from provender.clock import seconds_text
from provender.push import PushReport
from provender.server.context import Context
from provender.server.http.bodies import (
    Shape,
    is_arrow,
    read_body,
    read_parameters,
    refuse_parameters,
)
from provender.server.http.errors import DeadlinePassed, WrongShape
from provender.server.http.responses import json_response
from provender.server.routes.push_rows import check_rows, push_rows, write_rows
from provender.wire.answers import PushAnswer
from provender.wire.arrow_stream import read_stream
from provender.wire.requests import PushRequest, WriteRequest

_PUSH, _WRITE = Shape(PushRequest), Shape(WriteRequest)


async def push(request: Request, context: Context) -> Response:
    """Push rows to the views of a push source."""
    return await _write(request, context, _PUSH, _push_of_query, push_rows)


async def write_to_online_store(request: Request, context: Context) -> Response:
    """Merge rows into one view online."""
    return await _write(request, context, _WRITE, _write_of_query, write_rows)


async def _write(
    request: Request,
    context: Context,
    shape: Shape,
    of_query: Callable[[bytes], Any],
    write: Callable[..., PushReport],
) -> Response:
    headers = dict(request.scope["headers"])
    arrow = is_arrow(headers)
    settings = context.settings
    body = await read_body(
        request.receive, headers, settings.max_body_bytes, settings.write_deadline
    )

    def work() -> PushReport:
        query = request.scope["query_string"]
        if arrow:
            asked, rows = of_query(query), read_stream(body)
        else:
            refuse_parameters(request.query_params)
            asked, rows = shape.read(body), None
        check_rows(asked.df if rows is None else rows, settings.max_rows)
        return write(context.store, asked, rows)

    seconds = settings.write_deadline.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            report = await context.threads.run(work)
    except TimeoutError:
        raise DeadlinePassed(
            f"the rows were not written within the deadline of {seconds_text(seconds)}; "
            "they may still be written; pushing them again is safe"
        ) from None
    return json_response(PushAnswer(report.rows, list(report.offline), list(report.online)))


def _push_of_query(query: bytes) -> PushRequest:
    given = read_parameters(query, {"push_source_name": str, "to": str})
    name = _named(given, "push_source_name")
    asked = {"push_source_name": name, "df": {}, "to": given.get("to", "online")}
    pushed: PushRequest = _PUSH.read(msgspec.json.encode(asked))
    return pushed


def _write_of_query(query: bytes) -> WriteRequest:
    given = read_parameters(query, {"feature_view_name": str})
    return WriteRequest(_named(given, "feature_view_name"), {})


def _named(given: Mapping[str, Any], parameter: str) -> str:
    name: str | None = given.get(parameter)
    if not name:
        fix = f"add ?{parameter}=NAME to the URL"
        raise WrongShape(f"an Arrow body needs the parameter {parameter!r}", fix=fix)
    return name
