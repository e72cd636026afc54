"""``POST /get-online-features``: plain ASGI, since a request object would cost more than a read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from provender.errors import ProvenderError, RequestError, listed, value_text
from provender.online.response import OnlineResponse
from provender.server.auth.tokens import check_access
from provender.server.context import Context
from provender.server.http.bodies import (
    Disconnected,
    Headers,
    Receive,
    Shape,
    is_arrow,
    read_body,
    read_parameters,
    refuse_parameters,
    wants_arrow,
)
from provender.server.http.errors import WrongShape, check_row_count
from provender.server.http.responses import Send, send_answer, send_error, send_fault
from provender.server.online.arrow import entity_columns, online_arrow
from provender.server.online.json import online_json
from provender.wire.names import ARROW, JSON, ONLINE_FEATURES
from provender.wire.python_rows import restore
from provender.wire.requests import OnlineRequest

_PARAMETERS: Mapping[str, type] = {
    "features": list,
    "feature_service": str,
    "full_feature_names": bool,
    "metadata": bool,
}
_SMALL_BODY = 256 * 1024
_SMALL_ANSWER = 20_000
"""Bytes, and values, up to which the event loop reads or writes them itself."""


class OnlineEndpoint:
    """Answers reads of online features.

    Args:
        context: What the server works with.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._shape = Shape(OnlineRequest)
        self._limit = context.settings.max_body_bytes
        self._deadline = context.settings.deadline
        self._most_rows = context.settings.max_rows

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        begin = time.perf_counter()
        context = self._context
        headers: Headers = dict(scope["headers"])
        try:
            if context.guard is not None:
                await check_access(context.guard, headers, "read")
            arrow = is_arrow(headers)
            body = await read_body(receive, headers, self._limit, self._deadline)
            began = time.perf_counter()
            if len(body) <= _SMALL_BODY:
                asked = self._read(body, scope, arrow=arrow)
            else:
                asked = await context.threads.run(self._read, body, scope, arrow=arrow)
            rows = self._checked(asked)
            parsed = time.perf_counter()
            wanted = asked.feature_service or tuple(asked.features or ()), asked.full_feature_names
            response = context.reads.now(wanted, asked.entities, rows)
            if response is None:
                response = await context.reads.later(wanted, asked.entities)
            read = time.perf_counter()
            answer, media = await self._written(response, rows, headers, scope)
            written = time.perf_counter()
            await send_answer(send, 200, answer, media, headers)
            context.metrics.served(response.views)
            end = time.perf_counter()
            context.metrics.online_read(parsed - began, read - parsed, written - read, end - begin)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told as every error is
            status = await self._failed(send, error, headers)
            seconds = time.perf_counter() - begin
            context.metrics.request(ONLINE_FEATURES, status).observe(seconds)

    async def _failed(self, send: Send, error: Exception, headers: Headers) -> int:
        """Tell the client what is wrong, unless it is gone, and return the code."""
        if isinstance(error, Disconnected):
            return 499
        if isinstance(error, ProvenderError):
            return await send_error(send, error, headers)
        return await send_fault(send, headers)

    def _read(self, body: bytes, scope: Mapping[str, Any], *, arrow: bool) -> OnlineRequest:
        given = read_parameters(scope["query_string"], _PARAMETERS) if scope["query_string"] else {}
        if not arrow:
            refuse_parameters(name for name in given if name != "metadata")
            asked: OnlineRequest = self._shape.read(body)
            if asked.request_data:
                asked.entities = _together(asked.entities, asked.request_data)
            restore(asked.entities, asked.not_finite)
            return asked
        return OnlineRequest(
            entities=entity_columns(body, self._most_rows),
            features=given.get("features", []),
            feature_service=given.get("feature_service"),
            full_feature_names=given.get("full_feature_names", False),
        )

    def _checked(self, asked: OnlineRequest) -> int:
        """Return the number of entity rows.

        Raises:
            WrongShape: Features are named twice, or not at all, or versions are asked for.
            RequestError: The columns differ in length.
            TooLarge: There are too many rows.
        """
        if bool(asked.features) == bool(asked.feature_service):
            fact = "either `features` or `feature_service` is needed"
            raise WrongShape(fact, got="both" if asked.features else "none of them")
        if asked.include_feature_view_version_metadata:
            raise WrongShape(
                "responses do not include the versions of feature views",
                got="`include_feature_view_version_metadata`: true",
                fix="leave it out; `provender log` and `provender show` show versions",
            )
        lengths = list(map(len, asked.entities.values()))
        rows = lengths[0] if lengths else 0
        if lengths.count(rows) < len(lengths):
            got = {name: len(values) for name, values in asked.entities.items()}
            raise RequestError("the entity columns have different lengths", got=value_text(got))
        check_row_count(rows, self._most_rows)
        return rows

    async def _written(
        self, response: OnlineResponse, rows: int, headers: Headers, scope: Mapping[str, Any]
    ) -> tuple[bytes, str]:
        if wants_arrow(headers):
            whole = read_parameters(scope["query_string"], _PARAMETERS).get("metadata", False)
            run = self._context.threads.run
            return await run(online_arrow, response, with_metadata=whole), ARROW
        if _size(response, rows) <= _SMALL_ANSWER:
            return online_json(response), JSON
        return await self._context.threads.run(online_json, response), JSON


def _together(
    entities: Mapping[str, list[Any]], data: Mapping[str, list[Any]]
) -> dict[str, list[Any]]:
    """Return the columns of both.

    Raises:
        RequestError: A column is in both.
    """
    if twice := entities.keys() & data.keys():
        fact = "columns are in both `entities` and `request_data`"
        raise RequestError(fact, got=listed(twice), fix="send each of them once")
    return {**entities, **data}


def _size(response: OnlineResponse, rows: int) -> int:
    """Return how many values there are."""
    return rows * sum(len(view.outputs) for view in response.views)
