"""The Redshift offline store: tables of Redshift, joined there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from provender.definitions import DataSource
from provender.plugin import (
    Destination,
    HistoricalPlan,
    ParquetSpine,
    PluginContext,
    SourceRead,
    Spine,
    TableSpine,
    Window,
    parquet_rows,
    read_schema,
)
from provender.plugin.sql import SqlOfflineStore, SqlSession
from provender.plugin.sql.results import answered, beside, streamed
from provender.plugin.sql.sql_store import check_columns
from provender_aws.redshift_configuration import RedshiftConfig, complete
from provender_aws.redshift_connection import Connection
from provender_aws.redshift_session import RedshiftSession
from provender_aws.redshift_staging import Staging
from provender_aws.redshift_statements import Statements

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from provender.types import FeatureType
    from provender_aws.redshift_join import Join
    from provender_aws.redshift_rows import RedshiftRows

_OF_FIXED_SIZE = frozenset(
    {"Bool", "Int32", "Int64", "Float32", "Float64", "UnixTimestamp", "Date", "Decimal"}
)
_AROUND = 600
"""Bytes that UNLOAD or CREATE TABLE need around a query."""


class RedshiftStore(SqlOfflineStore):
    """Reads and appends tables of Redshift through its Data API and S3.

    Args:
        config: The settings.
        context: The project.
    """

    dialect: ClassVar[str] = "redshift"
    destinations: ClassVar[tuple[str, ...]] = ("redshift", "s3")

    def __init__(self, config: RedshiftConfig, context: PluginContext) -> None:
        import boto3  # noqa: F401 - missing: told now, with the extra

        self._config = complete(config, context)
        self._connection = Connection(self._config)
        self._statements = Statements(self._connection, self._config)

    def session(self) -> RedshiftSession:
        """Open a session; its files and temporary tables vanish with it."""
        staging = Staging(self._connection, self._config)
        return RedshiftSession(self._statements, staging, self._config.iam_role)

    def to_instant(self, value: exp.Expr, stored: pa.DataType) -> exp.Expr:
        """Return a column as ``TIMESTAMPTZ``; a naive one and a date mean UTC."""
        from provender_aws.redshift_sql import instant

        return instant(value, stored)

    def to_key(self, value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
        """Return a key that can be compared with its declared type."""
        from provender_aws.redshift_rows import comparable

        return comparable(value, stored, wanted)

    def spine_schema(self, spine: Spine) -> pa.Schema:
        """Return the columns of entity rows; those of type SUPER are JSON as text."""
        from provender_aws.redshift_spine import as_text

        return as_text(super().spine_schema(_at_hand(spine)))

    def historical(self, plan: HistoricalPlan, spine: Spine) -> pa.RecordBatchReader:
        """Return the point-in-time join that `plan` describes, streamed."""
        from provender_aws.redshift_result import join_result

        spine, session = _at_hand(spine), self.session()
        try:
            join = self._join(session, plan, spine, own=not isinstance(spine, TableSpine))
            result = join_result(join)
            query = result.unloadable(self._query(session, join, ordered=not join.own))
            small = self._in_pages(result.schema, join.facts.rows) and not any(join.json())
            session.expect(join.json(), in_pages=small, in_order=not join.own)
            found = streamed(session, query, result.schema)
        except BaseException:
            session.close()
            raise
        if isinstance(spine, TableSpine):
            return beside(spine.table.select(plan.spine_columns), [found])
        return found

    def sql(self, plan: HistoricalPlan, spine: Spine) -> str:
        """Return the query of `historical` as text; nothing is loaded for it."""
        from provender_aws.redshift_result import join_result

        spine = _at_hand(spine)
        with self.session() as session:
            join = self._join(session, plan, spine, own=not isinstance(spine, TableSpine))
            query = join_result(join).named(join.whole(ordered=True))
            return query.sql(self.dialect, pretty=True)

    def latest(self, read: SourceRead, window: Window) -> pa.RecordBatchReader:
        """Return the newest row of each key within `window`, streamed."""
        from provender.plugin.sql.latest import latest_query

        session = self.session()
        try:
            rows = self._source_rows(session, read)
            return self._streamed(session, rows, latest_query(rows, window))
        except BaseException:
            session.close()
            raise

    def rows(self, read: SourceRead, window: Window) -> pa.RecordBatchReader:
        """Return every row within `window`, streamed."""
        from provender.plugin.sql.latest import rows_query

        session = self.session()
        try:
            rows = self._source_rows(session, read)
            return self._streamed(session, rows, rows_query(rows, window))
        except BaseException:
            session.close()
            raise

    def export(self, plan: HistoricalPlan, spine: Spine, destination: Destination) -> int:
        """Put the result into a table (``redshift``) or into Parquet files (``s3``)."""
        from provender_aws.redshift_export import export

        with self.session() as session:
            join = self._join(session, plan, _at_hand(spine), own=True)
            query = self._query(session, join, ordered=False)
            return export(session, join, query, destination)

    def append(self, source: DataSource, table: pa.Table) -> None:
        """Add rows to a source's table, all of them or none."""
        from provender_aws.redshift_append import append

        with self.session() as session:
            append(session, source, table)

    def close(self) -> None:
        """Close the clients."""
        self._connection.close()

    def _answer(
        self, session: SqlSession, query: exp.Select, schema: pa.Schema
    ) -> list[tuple[Any, ...]]:
        """Return the few rows of a query's result; each runs on a connection of its own."""
        from provender_aws.redshift_result import Result

        with self.session() as own:
            small = self._in_pages(schema, 1)
            own.expect([None] * len(schema), in_pages=small, in_order=False)
            return answered(own, Result(schema).unloadable(query), schema)

    def _streamed(
        self, session: RedshiftSession, rows: RedshiftRows, query: exp.Select
    ) -> pa.RecordBatchReader:
        from provender_aws.redshift_result import Result

        before: list[FeatureType | None] = [None] * (2 + len(rows.read.keys))
        session.expect([*before, *rows.json()], in_pages=False, in_order=False)
        result = Result(read_schema(rows.read))
        return streamed(session, result.unloadable(rows.with_plain_keys(query)), result.schema)

    def _join(
        self, session: RedshiftSession, plan: HistoricalPlan, spine: Spine, *, own: bool
    ) -> Join:
        from provender_aws.redshift_join import Join
        from provender_aws.redshift_spine import staged

        sources = [self._source_rows(session, join.read) for join in plan.joins]
        relation, facts = staged(session, plan, spine, whole=own)
        return Join(plan, relation, facts, sources, own, self.to_instant, self.to_key)

    def _query(self, session: RedshiftSession, join: Join, *, ordered: bool) -> exp.Select:
        """Return one query, or the last of several when one would grow too long."""
        limit = self._config.statement_bytes - _AROUND
        whole = join.whole(ordered=ordered)
        if len(whole.sql(self.dialect).encode()) <= limit - 40 * len(whole.expressions):
            return whole
        return join.in_pieces(session, limit, ordered=ordered)

    def _source_rows(self, session: SqlSession, read: SourceRead) -> RedshiftRows:
        from provender_aws.redshift_rows import RedshiftRows

        relation = session.relation(read.source)
        schema = session.schema(relation)
        check_columns(read, schema)
        return RedshiftRows(read, relation, schema, self.to_instant, self.to_key)

    def _in_pages(self, schema: pa.Schema, rows: int | None) -> bool:
        """Return whether a result is small: few rows, and nothing in them that may be long."""
        from provender.types import from_arrow

        kinds = [from_arrow(kind) for kind in schema.types]
        fixed = all(kind is not None and kind.name in _OF_FIXED_SIZE for kind in kinds)
        return fixed and rows is not None and rows <= self._config.page_rows


def _at_hand(spine: Spine) -> Spine:
    """Return entity rows that are a table when they were a file: Redshift reads files from S3."""
    return TableSpine(parquet_rows(spine)) if isinstance(spine, ParquetSpine) else spine
