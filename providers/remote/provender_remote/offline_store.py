"""The offline store of a project elsewhere, over Arrow Flight."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from provender.client.sending import failure, untrusted
from provender.definitions import DataSource
from provender.errors import StoreError
from provender.plugin import (
    WHOLE,
    Destination,
    Estimate,
    HistoricalPlan,
    OfflineStore,
    ParquetSpine,
    Partition,
    PluginContext,
    SourceRead,
    Spine,
    SqlSpine,
    TableSpine,
    Window,
    parquet_rows,
    parquet_schema,
    reader_of,
)
from provender.wire.answers import Failure
from provender.wire.offline import (
    Ask,
    answer_of,
    encode,
    plan_document,
    read_document,
    window_values,
)
from provender_remote.configuration import RemoteOfflineConfig, address

if TYPE_CHECKING:
    import pyarrow as pa

TOKEN = "PROVENDER_TOKEN"  # noqa: S105 - its name


class RemoteOfflineStore(OfflineStore):
    """Sends plans and reads to `provender serve-offline`; rows come as they are read there.

    Args:
        config: The store's settings.
        context: Whom it is built for.

    Raises:
        ConfigError: The server's address is not configured.
    """

    # where the server's store takes no column, the server says so
    known_at_columns: ClassVar[bool] = True

    def __init__(self, config: RemoteOfflineConfig, context: PluginContext) -> None:
        self._url = address(config.flight_url, "flight_url", context)
        self._config = config
        self._lock = threading.Lock()
        self._opened: tuple[int, Any] | None = None

    @property
    def destinations(self) -> tuple[str, ...]:  # type: ignore[override]
        """The kinds of places where the server's store can put a result."""
        return tuple(self._answer(Ask("destinations")))

    def schema(self, source: DataSource) -> pa.Schema:
        """Return the columns of a source as they are stored."""
        return _schema(self._answer(Ask("schema", source=source.to_document())))

    def spine_schema(self, spine: Spine) -> pa.Schema:
        """Return the columns of entity rows."""
        if isinstance(spine, SqlSpine):
            return _schema(self._answer(Ask("spine_schema", query=spine.text)))
        return parquet_schema(spine) if isinstance(spine, ParquetSpine) else _table(spine).schema

    def historical(self, plan: HistoricalPlan, spine: Spine) -> pa.RecordBatchReader:
        """Return the point-in-time join that a plan describes, streamed."""
        return self._rows_of(*_of_plan("historical", plan, spine))

    def latest(
        self, read: SourceRead, window: Window, partition: Partition = WHOLE
    ) -> pa.RecordBatchReader:
        """Return the newest row of each key within a window, streamed."""
        ask = Ask("latest", read=read_document(read), window=window_values(window))
        return self._rows_of(ask, None)

    def rows(self, read: SourceRead, window: Window) -> pa.RecordBatchReader:
        """Return every row within a window, streamed."""
        ask = Ask("rows", read=read_document(read), window=window_values(window))
        return self._rows_of(ask, None)

    def append(self, source: DataSource, table: pa.Table) -> None:
        """Add rows to a source, all of them or none."""
        self._answer(Ask("append", source=source.to_document(), uploads=True), table)

    def sql(self, plan: HistoricalPlan, spine: Spine) -> str | None:
        """Return the query of `historical` in the SQL of the server's store."""
        found: str | None = self._answer(*_of_plan("sql", plan, spine))
        return found

    def estimate(self, plan: HistoricalPlan, spine: Spine) -> Estimate:
        """Return what `historical` would cost, as far as the server's store can tell."""
        return Estimate(**self._answer(*_of_plan("estimate", plan, spine)))

    def export(self, plan: HistoricalPlan, spine: Spine, destination: Destination) -> int:
        """Put the result where the server's store can write it, and count its rows."""
        ask, rows = _of_plan("export", plan, spine)
        ask.destination = destination.kind, destination.name, destination.replace
        return int(self._answer(ask, rows))

    def remove(self, destination: Destination) -> None:
        """Remove a table of the server's store that holds a result."""
        place = destination.kind, destination.name, destination.replace
        self._answer(Ask("remove", destination=place))

    def close(self) -> None:
        """Close the connection; the next call opens a new one."""
        with self._lock:
            opened, self._opened = self._opened, None
        if opened is not None and opened[0] == os.getpid():
            opened[1].close()

    def _answer(self, ask: Ask, rows: pa.Table | None = None) -> Any:
        with self._errors():
            writer, reader = self._exchange(ask, rows)
            with writer:
                return answer_of(reader.read_all())

    def _rows_of(self, ask: Ask, rows: pa.Table | None) -> pa.RecordBatchReader:
        with self._errors():
            exchange = _Exchange(*self._exchange(ask, rows))
            try:
                schema = exchange.reader.schema
            except BaseException:
                exchange.close()
                raise
        return reader_of(schema, self._batches(exchange), exchange)

    def _batches(self, exchange: _Exchange) -> Iterator[pa.RecordBatch]:
        with self._errors():
            for chunk in exchange.reader:
                yield chunk.data
            exchange.ended = True

    def _exchange(self, ask: Ask, rows: pa.Table | None) -> tuple[Any, Any]:
        import pyarrow.flight as flight

        token = os.environ.get(TOKEN)
        headers = [(b"authorization", f"Bearer {token}".encode())] if token else []
        options = flight.FlightCallOptions(timeout=self._config.timeout_seconds, headers=headers)
        descriptor = flight.FlightDescriptor.for_command(encode(ask))
        writer, reader = self._client().do_exchange(descriptor, options)
        if rows is not None:
            writer.begin(rows.schema)
            writer.write_table(rows)
        writer.done_writing()
        return writer, reader

    def _client(self) -> Any:
        import pyarrow.flight as flight

        with self._lock:
            if self._opened is None or self._opened[0] != os.getpid():
                file = self._config.ca_file
                trusted = {} if file is None else {"tls_root_certs": Path(file).read_bytes()}
                self._opened = os.getpid(), flight.connect(self._url, **trusted)
            return self._opened[1]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn what Flight raises into what the server told, or that it cannot be reached."""
        import pyarrow as pa
        import pyarrow.flight as flight

        try:
            yield
        except (flight.FlightError, pa.ArrowException, OSError) as error:
            told = getattr(error, "extra_info", None)
            if told:
                raise failure(msgspec.msgpack.decode(told, type=Failure)) from error
            raise StoreError(
                f"the offline server at {self._url} cannot be reached, or closed the connection",
                got=f"{type(error).__name__}: {error}"[:500],
                fix=untrusted(error) or "is `provender serve-offline` running there?",
            ) from error


@dataclass(slots=True)
class _Exchange:
    """A call whose answer is read; who stops reading early stops the server, too."""

    writer: Any
    reader: Any
    ended: bool = False

    def close(self) -> None:
        if not self.ended:
            self.reader.cancel()
        with suppress(Exception):
            self.writer.close()


def _of_plan(operation: Any, plan: HistoricalPlan, spine: Spine) -> tuple[Ask, pa.Table | None]:
    rows, query = _at_hand(spine)
    ask = Ask(operation, plan=plan_document(plan), query=query, uploads=rows is not None)
    return ask, rows


def _at_hand(spine: Spine) -> tuple[pa.Table | None, str | None]:
    """Return entity rows that are uploaded, or the query that gives them there."""
    if isinstance(spine, SqlSpine):
        return None, spine.text
    return parquet_rows(spine) if isinstance(spine, ParquetSpine) else _table(spine), None


def _table(spine: Spine) -> pa.Table:
    assert isinstance(spine, TableSpine)  # noqa: S101 - for mypy: nothing else is left
    return spine.table


def _schema(serialized: bytes) -> pa.Schema:
    import pyarrow as pa

    return pa.ipc.read_schema(pa.py_buffer(serialized))
