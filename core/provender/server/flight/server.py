"""The offline store over Arrow Flight: ``provender serve-offline``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.flight as flight

from provender.config.server import Scope
from provender.definitions import DataSource
from provender.errors import ProvenderError, RequestError
from provender.offline.planner import check_known_at
from provender.plugin.contract.destination import Destination
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.plan import HistoricalPlan, Spine, SqlSpine, TableSpine
from provender.plugin.kit.readers import reading
from provender.server.auth.tokens import Guard, check_access
from provender.server.flight.requests import plan_of, read_of, window_of
from provender.server.flight.uploads import read_upload
from provender.server.http.errors import Refused, status_of
from provender.wire.answers import Failure, ProblemAnswer
from provender.wire.offline import WRITING, Ask, answer_table, decode_ask

_GUARD = "authorization"
_log = logging.getLogger("provender.server")


class OfflineServer(flight.FlightServerBase):  # type: ignore[misc] # pyarrow has no types
    """Does what is asked of an offline store, one exchange each.

    Args:
        location: Where to listen, such as ``grpc://127.0.0.1:6567``.
        store: The offline store.
        source_class: Finds the class of a kind of source.
        guard: Who may do what; None: everybody everything.
        tls: Certificate and private key (PEM); None: no TLS.
        upload_deadline: How long a batch of an upload may take to arrive.
    """

    def __init__(
        self,
        location: str,
        store: OfflineStore,
        source_class: Callable[[str], type[DataSource]],
        guard: Guard | None,
        tls: tuple[bytes, bytes] | None = None,
        upload_deadline: timedelta = timedelta(seconds=30),
    ) -> None:
        certificates = {} if tls is None else {"tls_certificates": [tls]}
        super().__init__(location, middleware={_GUARD: _Headers()}, **certificates)
        self._store = store
        self._source_class = source_class
        self._guard = guard
        self._upload_deadline = upload_deadline

    def do_exchange(self, context: Any, descriptor: Any, reader: Any, writer: Any) -> None:
        """Do what a descriptor asks, with the rows that are uploaded."""
        try:
            ask = _asked(descriptor.command)
            self._let_in(context, "write" if ask.operation in WRITING else "read")
            most = self._upload_deadline
            rows = read_upload(context, reader, self.port, most) if ask.uploads else None
            _send(writer, getattr(self, f"_{ask.operation}")(ask, rows))
        except ProvenderError as error:
            raise _told(error) from error
        except (KeyError, TypeError, ValueError) as error:
            refused = RequestError("the request does not have the right shape", got=str(error))
            raise _told(refused) from error

    def _let_in(self, context: Any, needed: Scope) -> None:
        if self._guard is not None:
            headers = context.get_middleware(_GUARD).headers
            asyncio.run(check_access(self._guard, headers, needed))

    def _source(self, document: Mapping[str, Any]) -> DataSource:
        return self._source_class(document["kind"]).from_document(document)

    def _plan(self, ask: Ask) -> HistoricalPlan:
        plan = plan_of(ask.plan or {}, self._source)
        check_known_at(plan.known_at, self._store)
        return plan

    def _schema(self, ask: Ask, rows: pa.Table | None) -> pa.Table:
        found = self._store.schema(self._source(ask.source or {}))
        return answer_table(found.serialize().to_pybytes())

    def _spine_schema(self, ask: Ask, rows: pa.Table | None) -> pa.Table:
        return answer_table(self._store.spine_schema(_spine(ask, rows)).serialize().to_pybytes())

    def _historical(self, ask: Ask, rows: pa.Table | None) -> pa.RecordBatchReader:
        return self._store.historical(self._plan(ask), _spine(ask, rows))

    def _latest(self, ask: Ask, rows: pa.Table | None) -> pa.RecordBatchReader:
        return self._store.latest(read_of(ask.read or {}, self._source), window_of(ask.window))

    def _rows(self, ask: Ask, rows: pa.Table | None) -> pa.RecordBatchReader:
        return self._store.rows(read_of(ask.read or {}, self._source), window_of(ask.window))

    def _append(self, ask: Ask, rows: pa.Table | None) -> pa.Table:
        self._store.append(self._source(ask.source or {}), rows)
        return answer_table(None)

    def _sql(self, ask: Ask, rows: pa.Table | None) -> pa.Table:
        plan = self._plan(ask)
        return answer_table(self._store.sql(plan, _spine(ask, rows)))

    def _estimate(self, ask: Ask, rows: pa.Table | None) -> pa.Table:
        plan = self._plan(ask)
        return answer_table(asdict(self._store.estimate(plan, _spine(ask, rows))))

    def _export(self, ask: Ask, rows: pa.Table | None) -> pa.Table:
        plan = self._plan(ask)
        return answer_table(self._store.export(plan, _spine(ask, rows), _destination(ask)))

    def _remove(self, ask: Ask, rows: pa.Table | None) -> pa.Table:
        self._store.remove(_destination(ask))
        return answer_table(None)

    def _destinations(self, ask: Ask, rows: pa.Table | None) -> pa.Table:
        return answer_table(list(self._store.destinations))


class _Headers(flight.ServerMiddlewareFactory):  # type: ignore[misc]
    """Keeps the headers of each call for `OfflineServer`."""

    def start_call(self, info: Any, headers: Mapping[str, list[str]]) -> _CallHeaders:
        """Return what keeps the headers of one call."""
        return _CallHeaders(headers)


class _CallHeaders(flight.ServerMiddleware):  # type: ignore[misc]
    def __init__(self, headers: Mapping[str, list[str]]) -> None:
        given = headers.get(_GUARD, [])
        self.headers = {_GUARD.encode(): value.encode() for value in given}


def _asked(command: bytes | None) -> Ask:
    try:
        return decode_ask(command or b"")
    except msgspec.MsgspecError as error:
        raise RequestError("the request does not have the right shape", got=str(error)) from error


def _destination(ask: Ask) -> Destination:
    return Destination(*(ask.destination or ("", "", False)))


def _spine(ask: Ask, rows: pa.Table | None) -> Spine:
    if ask.query is not None:
        return SqlSpine(ask.query)
    if rows is None:
        raise RequestError("the request has no entity rows")
    return TableSpine(rows)


def _send(writer: Any, found: pa.Table | pa.RecordBatchReader) -> None:
    if isinstance(found, pa.Table):
        writer.begin(found.schema)
        writer.write_table(found)
        return
    with reading(found):
        writer.begin(found.schema)
        for batch in found:
            writer.write_batch(batch)


def _told(error: ProvenderError) -> Exception:
    """Return an error as Flight carries it; the whole of it stands in `extra_info`."""
    _log.info("%s", error)
    problems = [ProblemAnswer(p.fact, p.got, p.allowed, p.fix) for p in error.problems]
    told = Failure(type(error).__name__, status_of(error), str(error), problems)
    kind = flight.FlightUnauthenticatedError if _is_refusal(error) else flight.FlightServerError
    made: Exception = kind(error.problems[0].fact, msgspec.msgpack.encode(told))
    return made


def _is_refusal(error: ProvenderError) -> bool:
    return isinstance(error, Refused) and error.status in (401, 403)
