"""The offline store of Google Cloud: tables of BigQuery, joined by BigQuery."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from provender.definitions import DataSource
from provender.plugin import ParquetSpine, PluginContext, SourceRead, Spine
from provender.plugin.sql import SqlOfflineStore, SqlSession
from provender_gcp.bigquery_append import append
from provender_gcp.bigquery_configuration import BigQueryConfig, Place
from provender_gcp.bigquery_connection import Connection
from provender_gcp.bigquery_jobs import Jobs
from provender_gcp.bigquery_session import BigQuerySession
from provender_gcp.bigquery_staging import parquet_rows

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from provender.plugin.sql.rows import SourceRows


class BigQueryStore(SqlOfflineStore):
    """Reads tables and queries of BigQuery; results are streamed through its Storage Read API.

    Args:
        config: The settings.
        context: The project.
    """

    dialect: ClassVar[str] = "bigquery"

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

    def _source_rows(self, session: SqlSession, read: SourceRead) -> SourceRows:
        from provender_gcp.bigquery_rows import BigQueryRows

        found = super()._source_rows(session, read)
        return BigQueryRows(found.read, found.relation, found.schema, found.to_instant)

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
