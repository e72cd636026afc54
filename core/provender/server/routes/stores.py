"""``POST /stores/…``: rows and documents as they are, for feature stores that work through here.

They are there only when the configuration says ``server: {stores: true}``: who may read here reads
all that the stores hold, other projects' rows too.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import astuple
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from provender.clock import seconds_text
from provender.config.server import Scope
from provender.errors import ProvenderError, StoreError
from provender.plugin.contract.online_store import OnlineStore, OnlineTable
from provender.plugin.contract.registry import Document, Registry
from provender.server.context import Context
from provender.server.http.bodies import read_body
from provender.server.http.errors import (
    DeadlinePassed,
    OutcomeUnknown,
    WrongMedia,
    WrongShape,
    failure_of,
)
from provender.server.http.responses import log_failure
from provender.wire.stores import (
    MSGPACK,
    ONLINE,
    REGISTRY,
    Keys,
    Measured,
    Named,
    Rows,
    Stored,
    Swap,
    Sweep,
    Table,
    Writing,
    write_message,
)

T = TypeVar("T")
_encode = msgspec.msgpack.Encoder().encode
_decode_table = msgspec.msgpack.Decoder(Table).decode
_decode_sweep = msgspec.msgpack.Decoder(Sweep).decode


def _table(table: Table) -> OnlineTable:
    return OnlineTable(table.project, table.view, table.ttl, table.generation)


def _tables(tables: Sequence[Table]) -> list[OnlineTable]:
    return [_table(table) for table in tables]


def _read(online: OnlineStore, asked: Sequence[Keys]) -> Any:
    return online.read_many([(_table(one.table), one.keys) for one in asked])


def _swap(online: OnlineStore, asked: Swap) -> bool:
    """Swap a row; what fails has a code that no client takes for leave to try again."""
    try:
        return online.swap(_table(asked.table), asked.key, asked.expected, asked.row)
    except StoreError as error:
        raise OutcomeUnknown.of(error.problems) from error


def _stored(document: Document | None) -> Stored | None:
    return None if document is None else Stored(*astuple(document))


def _history(registry: Registry, asked: Named) -> list[Stored | None]:
    return [_stored(document) for document in registry.history(asked.name)]


def _write(registry: Registry, asked: Writing) -> int:
    write = registry.write if asked.keep_history else registry.replace
    return write(asked.name, asked.payload, asked.expected_version)


_OF_ONLINE: dict[str, tuple[Scope, Any, Callable[[OnlineStore, Any], Any]]] = {
    "read": ("read", list[Keys], _read),
    "write": ("write", Rows, lambda s, a: s.write(_table(a.table), a.rows)),
    "prepare": ("admin", list[Table], lambda s, a: s.prepare(_tables(a))),
    "drop": ("admin", list[Table], lambda s, a: s.drop(_tables(a))),
    "swap": ("write", Swap, _swap),
    "delete": ("write", Keys, lambda s, a: s.delete(_table(a.table), a.keys)),
    "count": ("read", Table, lambda s, a: s.count(_table(a))),
    "figures": ("read", Measured, lambda s, a: s.figures(_table(a.table), a.expired_before)),
}
_OF_REGISTRY: dict[str, tuple[Scope, Any, Callable[[Registry, Any], Any]]] = {
    "read": ("read", Named, lambda r, a: _stored(r.read(a.name))),
    "read_version": ("read", Named, lambda r, a: _stored(r.read_version(a.name, a.version))),
    "history": ("read", Named, _history),
    "names": ("read", Named, lambda r, a: r.names(a.name)),
    "write": ("admin", Writing, _write),
    "delete": ("admin", Named, lambda r, a: r.delete(a.name, a.version)),
}
"""For each operation the scope that it needs, the type of its body, and what does it."""
Serve = Callable[[Request, Context], Any]


def store_endpoints() -> list[tuple[str, Serve, Scope]]:
    """Return the path of each operation, what serves it, and the scope that it needs."""
    online = [
        (ONLINE + name, _serving(kind, work, "online"), scope)
        for name, (scope, kind, work) in _OF_ONLINE.items()
    ]
    registry = [
        (REGISTRY + name, _serving(kind, work, "registry"), scope)
        for name, (scope, kind, work) in _OF_REGISTRY.items()
    ]
    online += [(ONLINE + "keys", _keys, "read"), (ONLINE + "sweep", _sweep, "write")]
    return [*online, *registry]


def _serving(kind: Any, work: Callable[[Any, Any], Any], role: str) -> Serve:
    decode = msgspec.msgpack.Decoder(kind).decode

    async def serve(request: Request, context: Context) -> Response:
        asked = await _asked(request, context, decode)
        answer = await _in_time(context, lambda: work(getattr(context.store.stores, role), asked))
        return Response(_encode(answer), media_type=MSGPACK)

    return serve


async def _sweep(request: Request, context: Context) -> Response:
    """Remove old rows and answer with their number; a store with an expiry leaves none."""
    asked, stores = await _asked(request, context, _decode_sweep), context.store.stores
    removed = 0
    if "expiry" not in stores.plugins.store_type("online").capabilities:
        table, before, most = _table(asked.table), asked.before, asked.most
        removed = await _in_time(context, lambda: stores.online.sweep(table, before, most))
    return Response(_encode(removed), media_type=MSGPACK)


async def _keys(request: Request, context: Context) -> Response:
    """Answer with the keys of a table, each portion when it is there."""
    asked = await _asked(request, context, _decode_table)
    portions = await _in_time(context, lambda: context.store.stores.online.keys(_table(asked)))
    first = await _portion(context, portions)  # what fails already has a code of its own
    return StreamingResponse(_messages(context, first, portions), media_type=MSGPACK)


async def _messages(
    context: Context, portion: list[bytes] | None, portions: Iterator[Sequence[bytes]]
) -> AsyncIterator[bytes]:
    try:
        while portion is not None:
            yield write_message(portion)
            portion = await _portion(context, portions)
        yield write_message(None)
    except ProvenderError as error:
        log_failure(error, "")
        yield write_message(failure_of(error))


async def _portion(context: Context, portions: Iterator[Sequence[bytes]]) -> list[bytes] | None:
    found = await _in_time(context, lambda: next(portions, None))
    return None if found is None else list(found)


async def _asked(request: Request, context: Context, decode: Callable[[bytes], T]) -> T:
    """Return what the body of a request asks for."""
    headers = dict(request.scope["headers"])
    if headers.get(b"content-type") != MSGPACK.encode():
        raise WrongMedia("the media type of the body is not supported", allowed=MSGPACK)
    limit, deadline = context.settings.max_body_bytes, context.settings.write_deadline
    body = await read_body(request.receive, headers, limit, deadline)
    try:
        return decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise WrongShape("the body does not have the right shape", got=str(error)) from None


async def _in_time(context: Context, work: Callable[[], T]) -> T:
    """Return what `work` returns in a thread, within the deadline."""
    seconds = context.settings.write_deadline.total_seconds()
    try:
        async with asyncio.timeout(seconds):
            return await context.threads.run(work)
    except TimeoutError:
        raise DeadlinePassed(
            f"the request was not completed within the deadline of {seconds_text(seconds)}; "
            "it may still be, so read the row or document again before you repeat a conditional "
            "write"
        ) from None
