"""``POST /materialize``, ``POST /materialize-incremental`` and ``GET /runs/{id}``."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from provender.server.context import Context
from provender.server.http.bodies import Shape, is_arrow, read_body
from provender.server.http.errors import WrongShape
from provender.server.http.responses import json_response
from provender.wire.answers import Run
from provender.wire.names import RUNS
from provender.wire.requests import MaterializeIncrementalRequest, MaterializeRequest

_BETWEEN, _SINCE_LAST = Shape(MaterializeRequest), Shape(MaterializeIncrementalRequest)
_ACCEPTED = 202


async def materialize(request: Request, context: Context) -> Response:
    """Begin to move the newest rows between two instants online."""
    asked: MaterializeRequest = await _body(request, context, _BETWEEN)
    start, end = _ends(asked)
    return _begun(await context.runs.start("materialize", start, end, asked.feature_views))


async def materialize_incremental(request: Request, context: Context) -> Response:
    """Begin to move online what is new."""
    asked: MaterializeIncrementalRequest = await _body(request, context, _SINCE_LAST)
    views = asked.feature_views
    return _begun(await context.runs.start("materialize-incremental", None, asked.end_ts, views))


async def run(request: Request, context: Context) -> Response:
    """Report the state of a run."""
    return json_response(await context.runs.find(request.path_params["id"]))


def _ends(asked: MaterializeRequest) -> tuple[str, str]:
    """Return the first and the last instant of a request.

    Raises:
        WrongShape: One is missing, or event timestamps are to be left out of account.
    """
    if asked.disable_event_timestamp:
        raise WrongShape(
            "rows are materialized by their event timestamps, which cannot be disabled",
            got="`disable_event_timestamp`: true",
            fix="leave it out, and give `start_ts` and `end_ts`",
        )
    if asked.start_ts is None or asked.end_ts is None:
        missing = [n for n in ("start_ts", "end_ts") if getattr(asked, n) is None]
        fix = "give both as ISO 8601, or use /materialize-incremental to load new rows"
        raise WrongShape(f"`{'` and `'.join(missing)}` are needed", fix=fix)
    return asked.start_ts, asked.end_ts


async def _body(request: Request, context: Context, shape: Shape) -> Any:
    headers = dict(request.scope["headers"])
    is_arrow(headers, allowed=False)
    limit, deadline = context.settings.max_body_bytes, context.settings.deadline
    return shape.read(await read_body(request.receive, headers, limit, deadline))


def _begun(run: Run) -> Response:
    response = json_response(run, _ACCEPTED)
    response.headers["location"] = RUNS + run.id
    return response
