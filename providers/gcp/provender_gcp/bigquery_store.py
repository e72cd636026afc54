"""The offline store of Google Cloud: tables of BigQuery, joined by BigQuery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from provender.definitions import DataSource
from provender.plugin import (
    Destination,
    Estimate,
    HistoricalPlan,
    ParquetSpine,
    PluginContext,
    SourceRead,
    Spine,
    SqlSpine,
    TableSpine,
    parquet_rows,
)
from provender.plugin.sql import SqlOfflineStore, SqlSession
from provender.plugin.sql.results import beside, streamed
from provender.plugin.sql.sql_store import check_columns, output_schema
from provender_gcp.bigquery_append import append
from provender_gcp.bigquery_configuration import BigQueryConfig, Place
from provender_gcp.bigquery_connection import Connection
from provender_gcp.bigquery_jobs import Jobs
from provender_gcp.bigquery_session import BigQuerySession

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from provender.plugin.sql.rows import SourceRows
    from provender.types import FeatureType
    from provender_gcp.bigquery_join import Join
    from provender_gcp.bigquery_rows import BigQueryRows

_TIB = 2**40


class BigQueryStore(SqlOfflineStore):
    """Reads tables and queries of BigQuery; results are streamed through its Storage Read API.

    Args:
        config: The settings.
        context: The project.
    """

    dialect: ClassVar[str] = "bigquery"
    destinations: ClassVar[tuple[str, ...]] = ("bigquery", "gcs")

    def __init__(self, config: BigQueryConfig, context: PluginContext) -> None:
        import google.cloud.bigquery  # noqa: F401 - missing: told now, with the extra

        self._config = config
        self._place = Place(config, context)
        self._connection = Connection(config, self._place)
        self._jobs = Jobs(self._connection, config, self._place, context.project)

    def session(self, *, dry: bool = False) -> BigQuerySession:
        """Open a session; its temporary tables vanish with it."""
        return BigQuerySession(self._connection, self._jobs, dry=dry)

    def to_instant(self, value: exp.Expr, stored: pa.DataType) -> exp.Expr:
        """Return a column as ``TIMESTAMP``; a DATETIME or DATE means UTC."""
        import pyarrow.types as at
        from sqlglot import exp

        if at.is_timestamp(stored) and stored.tz:
            return value
        return exp.cast(value, exp.DataType.Type.TIMESTAMPTZ)

    def to_key(self, value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
        """Return a key in the one form that keys of its type have here."""
        from provender_gcp.bigquery_rows import comparable

        return comparable(value, stored, wanted)

    def historical(self, plan: HistoricalPlan, spine: Spine) -> pa.RecordBatchReader:
        """Return the point-in-time join that `plan` describes, streamed."""
        import pyarrow as pa

        spine, session = _at_hand(spine), self.session()
        try:
            join = self._join(session, plan, spine)
            statement = self._statement(session, join, _internal(join))
            own = [join.facts.schema.field(n) for n in plan.spine_columns] if join.own else []
            found = streamed(session, statement, pa.schema([*own, *output_schema(plan)]))
        except BaseException:
            session.close()
            raise
        if isinstance(spine, TableSpine):
            return beside(spine.table.select(list(plan.spine_columns)), [found])
        return found

    def sql(self, plan: HistoricalPlan, spine: Spine) -> str:
        """Return the query of `historical` as text; nothing is run or loaded for it."""
        with self.session(dry=True) as session:
            join = self._join(session, plan, _at_hand(spine))
            return join.whole(_names(join)).sql("bigquery", pretty=True)

    def estimate(self, plan: HistoricalPlan, spine: Spine) -> Estimate:
        """Return the bytes that the query would read, as BigQuery counts them, and their price."""
        with self.session(dry=True) as session:
            join = self._join(session, plan, _at_hand(spine))
            query = join.whole(_internal(join))
            found = int(self._jobs.dry_run(query.sql("bigquery")).total_bytes_processed or 0)
        price = found / _TIB * self._config.price_per_tib
        return Estimate(bytes=found, price=price, currency=self._config.currency)

    def export(self, plan: HistoricalPlan, spine: Spine, destination: Destination) -> int:
        """Put the result into a table (``bigquery``) or into files (``gcs``), without an order."""
        from provender_gcp.bigquery_export import export

        with self.session() as session:
            join = replace(self._join(session, plan, _at_hand(spine), own=True), ordered=False)

            def query(names: Sequence[str]) -> str:
                return self._statement(session, join, names, arrays=True)

            export(self._jobs, query, _names(join), destination)
            return join.facts.rows or 0

    def _join(
        self,
        session: BigQuerySession,
        plan: HistoricalPlan,
        spine: TableSpine | SqlSpine,
        *,
        own: bool = False,
    ) -> Join:
        """Return the parts of a join; a table's own columns are put beside it unless `own`."""
        from provender_gcp.bigquery_join import Join
        from provender_gcp.bigquery_spine import staged

        sources = [self._rows(session, join.read) for join in plan.joins]
        table = isinstance(spine, TableSpine)
        own = own or not table
        relation, facts = staged(session, plan, spine, self.to_instant, whole=own)
        return Join(plan, relation, facts, sources, self.to_instant, self.to_key, own, table)

    def _statement(
        self, session: BigQuerySession, join: Join, names: Sequence[str], *, arrays: bool = False
    ) -> str:
        """Return one query, or the last of several when one would grow too long."""
        views = len(join.plan.joins)
        whole = join.whole(names, arrays=arrays).sql("bigquery")
        limit = self._config.query_characters
        if views <= self._config.views_per_query and len(whole) <= limit:
            return whole
        kept = [session.kept(join.alone(number).sql("bigquery")) for number in range(views)]
        return join.last(names, kept, arrays=arrays).sql("bigquery")

    def _rows(self, session: BigQuerySession, read: SourceRead) -> BigQueryRows:
        from provender_gcp.bigquery_rows import BigQueryRows

        relation = session.relation(read.source)
        schema = session.schema(relation)
        check_columns(read, schema)
        return BigQueryRows(read, relation, schema, self.to_instant, self.to_key)

    def _source_rows(self, session: SqlSession, read: SourceRead) -> SourceRows:
        if not isinstance(session, BigQuerySession):
            raise TypeError(session)
        return self._rows(session, read)

    def spine_schema(self, spine: Spine) -> pa.Schema:
        """Return the columns of entity rows."""
        if isinstance(spine, ParquetSpine):
            return parquet_rows(spine).schema
        return super().spine_schema(spine)

    def append(self, source: DataSource, table: pa.Table) -> None:
        """Add rows to a source, all of them or none."""
        append(self.session(), self._jobs, source, table)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()


def _at_hand(spine: Spine) -> TableSpine | SqlSpine:
    """Return entity rows that are a table when they were a file: BigQuery does not see it."""
    return TableSpine(parquet_rows(spine)) if isinstance(spine, ParquetSpine) else spine


def _names(join: Join) -> list[str]:
    """Return the columns of the result as people know them."""
    own = join.plan.spine_columns if join.own else ()
    return [*own, *(output for view in join.plan.joins for output in view.outputs)]


def _internal(join: Join) -> list[str]:
    """Return names for the columns of the result that BigQuery allows whatever they are."""
    return [f"column_{number}" for number in range(len(_names(join)))]
