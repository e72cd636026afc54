"""``POST /get-online-features``: plain ASGI, since a request object would cost more than a read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from provender.errors import ProvenderError, RequestError
from provender.online.response import OnlineResponse
from provender.server.bodies import Disconnected, Headers, Receive, Shape, is_arrow, read_body
from provender.server.bodies import wants_arrow as asks_for_arrow
from provender.server.compiled_reads import Wanted
from provender.server.context import Context
from provender.server.failures import TooLarge, WrongShape
from provender.server.online_arrow import entity_columns, online_arrow
from provender.server.online_json import online_json
from provender.server.sending import Send, send_answer, send_error, send_fault
from provender.server.tokens import check_access
from provender.wire.names import ARROW, JSON, ONLINE_FEATURES
from provender.wire.requests import OnlineRequest

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
        self._most_rows = context.settings.max_rows

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        begin = time.perf_counter()
        headers: Headers = dict(scope["headers"])
        status = 200
        try:
            if self._context.guard is not None:
                await check_access(self._context.guard, headers, "read")
            body, media = await self._answer(scope, headers, receive)
            await send_answer(send, 200, body, media, headers)
        except Disconnected:
            status = 499
        except ProvenderError as error:
            status = await send_error(send, error, headers)
        except Exception:  # noqa: BLE001 - a plug-in's fault is told as every error is
            status = await send_fault(send, headers)
        metrics = self._context.metrics
        metrics.request(ONLINE_FEATURES, status).observe(time.perf_counter() - begin)

    async def _answer(
        self, scope: Mapping[str, Any], headers: Headers, receive: Receive
    ) -> tuple[bytes, str]:
        arrow = is_arrow(headers)
        body = await read_body(receive, headers, self._limit)
        begin = time.perf_counter()
        if len(body) <= _SMALL_BODY:
            asked = self._read(body, scope, arrow=arrow)
        else:
            asked = await self._context.threads.run(self._read, body, scope, arrow=arrow)
        rows = self._checked(asked)
        parsed = time.perf_counter()
        wanted: Wanted = (asked.feature_service or tuple(asked.features), asked.full_feature_names)
        response = self._context.reads.now(wanted, asked.entities, rows)
        if response is None:
            response = await self._context.reads.later(wanted, asked.entities)
        read = time.perf_counter()
        answer = await self._written(response, rows, headers, scope)
        metrics = self._context.metrics
        metrics.staged(begin, parsed, read, time.perf_counter())
        metrics.served(response.views)
        return answer

    def _read(self, body: bytes, scope: Mapping[str, Any], *, arrow: bool) -> OnlineRequest:
        if not arrow:
            asked: OnlineRequest = self._shape.read(body)
            if asked.request_data:
                asked.entities = asked.entities | asked.request_data
            return asked
        options = parse_qs(scope["query_string"].decode("latin-1"))
        return OnlineRequest(
            entities=entity_columns(body, self._most_rows),
            features=options.get("features", []),
            feature_service=options.get("feature_service", [None])[-1],
            full_feature_names=options.get("full_feature_names", ["false"])[-1].lower() == "true",
        )

    def _checked(self, asked: OnlineRequest) -> int:
        """Return the number of entity rows.

        Raises:
            WrongShape: Features are named twice, or not at all.
            RequestError: The columns differ in length.
            TooLarge: There are too many rows.
        """
        if bool(asked.features) == bool(asked.feature_service):
            fact = "either `features` or `feature_service` is needed"
            raise WrongShape(fact, got="both" if asked.features else "none of them")
        lengths = {len(values) for values in asked.entities.values()}
        if len(lengths) > 1:
            got = {name: len(values) for name, values in asked.entities.items()}
            raise RequestError("entity columns are of different lengths", got=repr(got)[:500])
        rows = max(lengths, default=0)
        if rows > self._most_rows:
            raise too_many_rows(rows, self._most_rows)
        return rows

    async def _written(
        self, response: OnlineResponse, rows: int, headers: Headers, scope: Mapping[str, Any]
    ) -> tuple[bytes, str]:
        if asks_for_arrow(headers):
            whole = b"metadata=true" in scope["query_string"]
            run = self._context.threads.run
            return await run(online_arrow, response, with_metadata=whole), ARROW
        width = sum(len(view.outputs) for view in response.views)
        if rows * width <= _SMALL_ANSWER:
            return online_json(response), JSON
        return await self._context.threads.run(online_json, response), JSON


def too_many_rows(rows: int, most: int) -> TooLarge:
    """Return the error that tells that a request has too many rows."""
    fix = "ask in several requests, or raise server.max_rows"
    return TooLarge("there are too many rows", got=str(rows), allowed=str(most), fix=fix)
