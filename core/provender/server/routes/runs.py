"""``POST /materialize``, ``/materialize-incremental`` and ``/rebuild``, ``GET /runs/{id}``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from provender.clock import parse_instant
from provender.errors import RequestError
from provender.filling.rebuild import RebuiltView
from provender.materialize import MaterializeObserver, ViewReport
from provender.server.context import Context
from provender.server.http.bodies import Shape, is_arrow, read_body
from provender.server.http.errors import WrongShape
from provender.server.http.responses import json_response
from provender.store import FeatureStore
from provender.wire.answers import Run
from provender.wire.names import RUNS
from provender.wire.requests import (
    MaterializeIncrementalRequest,
    MaterializeRequest,
    RebuildRequest,
)

_BETWEEN, _SINCE_LAST = Shape(MaterializeRequest), Shape(MaterializeIncrementalRequest)
_REBUILD = Shape(RebuildRequest)
_ACCEPTED = 202


async def materialize(request: Request, context: Context) -> Response:
    """Begin to move the newest rows between two instants online."""
    asked: MaterializeRequest = await _body(request, context, _BETWEEN)
    (start, end), views = _ends(asked), asked.feature_views

    def work(store: FeatureStore, observer: MaterializeObserver) -> Sequence[ViewReport]:
        return store.materialize(start, end, views, observer=observer)

    return _begun(await context.runs.start("materialize", views, work))


async def materialize_incremental(request: Request, context: Context) -> Response:
    """Begin to move online what is new."""
    asked: MaterializeIncrementalRequest = await _body(request, context, _SINCE_LAST)
    end, views = parse_instant(asked.end_ts, name="end_ts"), asked.feature_views

    def work(store: FeatureStore, observer: MaterializeObserver) -> Sequence[ViewReport]:
        return store.materialize_incremental(end, views, observer=observer)

    return _begun(await context.runs.start("materialize-incremental", views, work))


async def rebuild(request: Request, context: Context) -> Response:
    """Begin to make online rows equal to the offline store."""
    asked: RebuildRequest = await _body(request, context, _REBUILD)
    views = asked.feature_views
    end = None if asked.end_ts is None else parse_instant(asked.end_ts, name="end_ts")

    def work(store: FeatureStore, observer: MaterializeObserver) -> Sequence[RebuiltView]:
        return store.rebuild(
            views,
            end,
            keep_pushed=asked.keep_pushed,
            allow_data_loss=asked.allow_data_loss,
            observer=observer,
        )

    return _begun(await context.runs.start("rebuild", views, work))


async def run(request: Request, context: Context) -> Response:
    """Report the state of a run."""
    return json_response(await context.runs.find(request.path_params["id"]))


def _ends(asked: MaterializeRequest) -> tuple[datetime, datetime]:
    """Return the first and the last instant of a request.

    Raises:
        WrongShape: One is missing, or event timestamps are to be left out of account.
        RequestError: One is not an instant, or the first is after the last.
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
    start = parse_instant(asked.start_ts, name="start_ts")
    end = parse_instant(asked.end_ts, name="end_ts")
    if start > end:
        raise RequestError("the start is after the end", got=f"{asked.start_ts} to {asked.end_ts}")
    return start, end


async def _body(request: Request, context: Context, shape: Shape) -> Any:
    headers = dict(request.scope["headers"])
    is_arrow(headers, allowed=False)
    limit, deadline = context.settings.max_body_bytes, context.settings.deadline
    return shape.read(await read_body(request.receive, headers, limit, deadline))


def _begun(run: Run) -> Response:
    response = json_response(run, _ACCEPTED)
    response.headers["location"] = RUNS + run.id
    return response
