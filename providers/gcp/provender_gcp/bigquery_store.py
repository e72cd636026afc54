"""The offline store of Google Cloud: tables of BigQuery, joined by BigQuery."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from provender.definitions import DataSource
from provender.plugin import Destination, Estimate, HistoricalPlan, PluginContext, Spine
from provender.plugin.sql import Located, Result, SqlOfflineStore, SqlSession
from provender_gcp.bigquery_append import append
from provender_gcp.bigquery_configuration import BigQueryConfig, Place
from provender_gcp.bigquery_connection import Connection
from provender_gcp.bigquery_jobs import Jobs
from provender_gcp.bigquery_session import BigQuerySession

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from provender.plugin.sql import PointInTimeJoin, SourceRows, SpineFacts
    from provender.types import FeatureType

_TIB = 2**40


class BigQueryStore(SqlOfflineStore):
    """Reads tables and queries of BigQuery; results are streamed through its Storage Read API.

    Args:
        config: The settings.
        context: The project.
    """

    dialect: ClassVar[str] = "bigquery"
    destinations: ClassVar[tuple[str, ...]] = ("bigquery", "gcs")
    stages_files: ClassVar[bool] = False  # BigQuery does not see them
    orders_queries: ClassVar[bool] = False

    def __init__(self, config: BigQueryConfig, context: PluginContext) -> None:
        import google.cloud.bigquery  # noqa: F401 - missing: told now, with the extra

        self._config = config
        self._place = Place(config, context)
        self._connection = Connection(config, self._place)
        self._jobs = Jobs(self._connection, config, self._place, context.project)

    def session(self) -> BigQuerySession:
        """Open a session; its temporary tables vanish with it."""
        return BigQuerySession(self._connection, self._jobs)

    def planning_session(self) -> BigQuerySession:
        """Open a session in which nothing is run or loaded."""
        return BigQuerySession(self._connection, self._jobs, dry=True)

    def to_key(self, value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
        """Return a key in the one form that keys of its type have here."""
        from provender_gcp.bigquery_rows import comparable

        return comparable(value, stored, wanted)

    def rows_class(self) -> type[SourceRows]:
        """Return what builds the queries over the rows of a source."""
        from provender_gcp.bigquery_rows import BigQueryRows

        return BigQueryRows

    def join_class(self, plan: HistoricalPlan) -> type[PointInTimeJoin]:
        """Return what builds the query of a point-in-time join."""
        from provender_gcp.bigquery_join import BigQueryJoin, BigQueryKnownAtJoin

        return BigQueryKnownAtJoin if isinstance(plan.known_at, str) else BigQueryJoin

    def stage_query(
        self, session: SqlSession, plan: HistoricalPlan, found: Located
    ) -> tuple[exp.Expr, SpineFacts]:
        """Evaluate a query once and for all, and find the ends of its instants."""
        from provender.plugin.sql import SpineFacts
        from provender.plugin.sql.names import column
        from provender_gcp.bigquery_join import spine_ends

        columns = {name: name for name in found.schema.names}
        if isinstance(session, BigQuerySession) and session.dry:
            return found.relation, SpineFacts(found.schema, columns)
        kept = session.keep(found.relation.this)
        stored = found.schema.field(plan.timestamp).type
        ends = spine_ends(kept, self.to_instant(column(plan.timestamp), stored))
        (batch,) = session.run(ends.sql(self.dialect))
        (known,) = batch.to_pylist()
        return kept, SpineFacts(found.schema, columns, **known)

    def fits(self, query: exp.Select, views: int) -> bool:
        """Return whether BigQuery takes a query: by its length, and by what it can plan."""
        config = self._config
        short = len(query.sql(self.dialect)) <= config.query_characters
        return views <= config.views_per_query and short

    def statement(self, query: exp.Select, result: Result) -> str:
        """Return the text of a query with names of columns that BigQuery always allows."""
        from provender.plugin.sql.names import by_place

        return by_place(query, "column_").sql(self.dialect)

    def estimate(self, plan: HistoricalPlan, spine: Spine) -> Estimate:
        """Return the bytes that the query would read, as BigQuery counts them, and their price."""
        with self.planning_session() as session:
            join = self.join(session, plan, spine)
            text = self.statement(join.query(), join.result())
            found = int(self._jobs.dry_run(text).total_bytes_processed or 0)
        price = found / _TIB * self._config.price_per_tib
        return Estimate(bytes=found, price=price, currency=self._config.currency)

    def export(self, plan: HistoricalPlan, spine: Spine, destination: Destination) -> int:
        """Put the result into a table (``bigquery``) or into files (``gcs``), without an order."""
        from provender_gcp.bigquery_export import export
        from provender_gcp.bigquery_join import BigQueryJoin

        if destination.kind not in self.destinations:
            return super().export(plan, spine, destination)
        with self.session() as session:
            join = self.join(session, plan, spine, own=True)
            if isinstance(join, BigQueryJoin):
                join = replace(join, ordered=False, arrays=True)
            names = join.result().schema.names
            export(self._jobs, lambda: self.join_query(session, join), names, destination)
            return join.facts.rows or 0

    def remove(self, destination: Destination) -> None:
        """Remove a table that holds a result."""
        from provender_gcp.bigquery_export import TABLE, table_name

        if destination.kind != TABLE:
            super().remove(destination)
        self._jobs.drop(table_name(self._jobs, destination))

    def append(self, source: DataSource, table: pa.Table) -> None:
        """Add rows to a source, all of them or none."""
        append(self.session(), self._jobs, source, table)

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()
