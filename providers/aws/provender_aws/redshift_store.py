"""The Redshift offline store: tables of Redshift, joined there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from provender.definitions import DataSource
from provender.plugin import Destination, HistoricalPlan, PluginContext, Spine
from provender.plugin.sql import Located, Result, SqlOfflineStore, SqlSession
from provender_aws.redshift_configuration import RedshiftConfig, complete
from provender_aws.redshift_connection import Connection
from provender_aws.redshift_session import RedshiftSession
from provender_aws.redshift_staging import Staging
from provender_aws.redshift_statements import Statements

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from provender.plugin.sql import SourceRows, SpineFacts
    from provender.types import FeatureType

_AROUND = 600
"""Bytes that UNLOAD or CREATE TABLE need around a query."""
_PER_COLUMN = 40
"""Bytes that `statement` may add to each column of a query."""


class RedshiftStore(SqlOfflineStore):
    """Reads and appends tables of Redshift through its Data API and S3.

    Args:
        config: The settings.
        context: The project.
    """

    dialect: ClassVar[str] = "redshift"
    destinations: ClassVar[tuple[str, ...]] = ("redshift", "s3")
    stages_files: ClassVar[bool] = False  # Redshift reads files from S3 alone
    orders_queries: ClassVar[bool] = False

    def __init__(self, config: RedshiftConfig, context: PluginContext) -> None:
        import boto3  # noqa: F401 - missing: told now, with the extra

        self._config = complete(config, context)
        self._connection = Connection(self._config)
        self._statements = Statements(self._connection, self._config)

    def session(self) -> RedshiftSession:
        """Open a session; its files and temporary tables vanish with it."""
        staging = Staging(self._connection, self._config)
        config = self._config
        return RedshiftSession(self._statements, staging, config.iam_role, config.page_rows)

    def to_instant(self, value: exp.Expr, stored: pa.DataType) -> exp.Expr:
        """Return a column as ``TIMESTAMPTZ``; a naive one and a date mean UTC."""
        from provender_aws.redshift_sql import instant

        return instant(value, stored)

    def to_key(self, value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
        """Return a key that can be compared with its declared type."""
        from provender_aws.redshift_rows import comparable

        return comparable(value, stored, wanted)

    def rows_class(self) -> type[SourceRows]:
        """Return what builds the queries over the rows of a source."""
        from provender_aws.redshift_rows import RedshiftRows

        return RedshiftRows

    def stage_query(
        self, session: SqlSession, plan: HistoricalPlan, found: Located
    ) -> tuple[exp.Expr, SpineFacts]:
        """Evaluate a query once, with a number for each row."""
        from sqlglot import exp

        from provender.plugin.sql import SpineFacts
        from provender.plugin.sql.names import ORDER, named

        number = named(exp.Window(this=exp.RowNumber()), ORDER)
        kept = session.keep(exp.select("*", number).from_(found.relation))
        names = {name: name for name in found.schema.names}
        return kept, SpineFacts(found.schema, names, order=ORDER)

    def fits(self, query: exp.Select, views: int) -> bool:
        """Return whether the text of a query is short enough for one statement."""
        around = _AROUND + _PER_COLUMN * len(query.expressions)
        return len(query.sql(self.dialect).encode()) <= self._config.statement_bytes - around

    def statement(self, query: exp.Select, result: Result) -> str:
        """Return the text of a query whose result any file can hold."""
        from provender_aws.redshift_sql import unloadable

        return unloadable(query, result.schema)

    def export(self, plan: HistoricalPlan, spine: Spine, destination: Destination) -> int:
        """Put the result into a table (``redshift``) or into Parquet files (``s3``)."""
        from provender_aws.redshift_export import export

        if destination.kind not in self.destinations:
            return super().export(plan, spine, destination)
        with self.session() as session:
            join = replace(self.join(session, plan, spine, own=True), ordered=False)
            query = self.join_query(session, join)
            return export(session, join, query, destination)

    def remove(self, destination: Destination) -> None:
        """Remove a table that holds a result."""
        from provender_aws.redshift_export import TABLE, drop_table

        if destination.kind != TABLE:
            super().remove(destination)
        with self.session() as session:
            session.finish([drop_table(destination)], f"removing {destination.name}")

    def append(self, source: DataSource, table: pa.Table) -> None:
        """Add rows to a source's table, all of them or none."""
        from provender_aws.redshift_append import append

        with self.session() as session:
            append(session, source, table)

    def close(self) -> None:
        """Close the clients."""
        self._connection.close()
