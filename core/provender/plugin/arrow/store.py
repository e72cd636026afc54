"""`ArrowOfflineStore`: an offline store for any place whose rows come as Arrow tables."""

from __future__ import annotations

from abc import abstractmethod

import pyarrow as pa

from provender.definitions.source import DataSource
from provender.errors import NoDataYet, RequestError
from provender.plugin.arrow.as_of import as_of
from provender.plugin.arrow.source_table import SourceTable, newest_of_each_key
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.plan import (
    WHOLE,
    HistoricalPlan,
    ParquetSpine,
    Partition,
    SourceRead,
    Spine,
    SqlSpine,
    ViewJoin,
    Window,
)
from provender.plugin.kit.arrow_cast import cast_column
from provender.plugin.kit.parquet_spine import parquet_rows, parquet_schema
from provender.plugin.kit.source_columns import wanted_columns
from provender.types import UnixTimestamp

_BATCH_ROWS = 65_536


class ArrowOfflineStore(OfflineStore):
    """Joins, windows and latest rows over Arrow tables, in the memory of the process.

    A provider says how the rows of a source are read and appended. It suits what fits into memory
    and speaks no SQL: files of any format, an HTTP service, a document store.
    """

    @abstractmethod
    def table(self, source: DataSource) -> pa.Table:
        """Return all rows of a source as they are stored, with at least the columns it names.

        Raises:
            SourceError: The source does not exist or cannot be read.
            NoDataYet: It is a source to which rows are pushed, and none were.
        """

    def schema(self, source: DataSource) -> pa.Schema:
        """Return the columns of a source; a store that knows them without its rows overrides it."""
        return self.table(source).schema

    def spine_schema(self, spine: Spine) -> pa.Schema:
        """Return the columns of entity rows."""
        if isinstance(spine, ParquetSpine):
            return parquet_schema(spine)
        return _table_of(spine).schema

    def historical(self, plan: HistoricalPlan, spine: Spine) -> pa.RecordBatchReader:
        """Return the point-in-time join that `plan` describes."""
        rows = _table_of(spine).select(list(plan.spine_columns))
        result = rows
        for join in plan.joins:
            source = self._source(join.read, Window(known_at=_instant(plan)))
            places = self._places(plan, join, source, rows)
            for output, column in zip(join.outputs, source.features, strict=True):
                result = result.append_column(output, column.take(places))
        return result.to_reader(_BATCH_ROWS)

    def latest(
        self, read: SourceRead, window: Window, partition: Partition = WHOLE
    ) -> pa.RecordBatchReader:
        """Return the newest row of each key within `window`, always in one part."""
        return newest_of_each_key(self._source(read, window)).to_reader(_BATCH_ROWS)

    def rows(self, read: SourceRead, window: Window) -> pa.RecordBatchReader:
        """Return every row within `window`."""
        return self._source(read, window).table.to_reader(_BATCH_ROWS)

    def _source(self, read: SourceRead, window: Window) -> SourceTable:
        try:
            stored = self.table(read.source)
        except NoDataYet:
            if not read.pushed:
                raise
            wanted = dict(wanted_columns(read))
            stored = pa.schema([(n, kind.arrow()) for n, kind in wanted.items()]).empty_table()
        return SourceTable.of(read, stored, window)

    def _places(
        self, plan: HistoricalPlan, join: ViewJoin, source: SourceTable, rows: pa.Table
    ) -> pa.Array:
        """Return for each entity row the place of the row that it matches."""
        keys = [
            cast_column(rows.column(name), pa.field(name, key.type.arrow()))
            for name, key in zip(join.spine_keys, join.read.keys, strict=True)
        ]
        instants = pa.field(plan.timestamp, UnixTimestamp.arrow())
        return as_of(source, keys, cast_column(rows.column(plan.timestamp), instants), join.ttl)


def _instant(plan: HistoricalPlan) -> int | None:
    """Return the instant up to which rows are known; a column of them is not offered."""
    return None if isinstance(plan.known_at, str) else plan.known_at


def _table_of(spine: Spine) -> pa.Table:
    if isinstance(spine, SqlSpine):
        raise RequestError(
            "the store does not accept SQL as entity rows",
            got=spine.text,
            allowed="a DataFrame, an Arrow table or a Parquet file",
        )
    return parquet_rows(spine) if isinstance(spine, ParquetSpine) else spine.table
