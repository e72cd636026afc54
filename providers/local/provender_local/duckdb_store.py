"""The offline store of the local provider: Parquet files, joined by DuckDB."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from provender.definitions import DataSource, FileSource
from provender.errors import NoDataYet, SourceError, StoreError
from provender.plugin import PluginContext, cast_rows
from provender.plugin.parquet import appendable
from provender.plugin.sql import SqlOfflineStore
from provender.plugin.sql.appending import check_appended
from provender.types import is_partition
from provender_local.duckdb_errors import duckdb_errors
from provender_local.duckdb_session import DuckDBSession
from provender_local.parquet_append import append_to_file, append_to_folder
from provender_local.spill import Spill

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from sqlglot import exp

    from provender.plugin.sql import SourceRows
    from provender_local.configuration import DuckDBConfig


class DuckDBStore(SqlOfflineStore):
    """Reads Parquet files; memory is bounded by the configuration, beyond it queries spill.

    Args:
        config: The settings.
        context: The project and where relative paths start.
    """

    dialect: ClassVar[str] = "duckdb"
    has_as_of_join: ClassVar[bool] = True
    # the time of a chain of joins grows with their number times the columns that they carry
    features_per_query: ClassVar[int | None] = 250

    def __init__(self, config: DuckDBConfig, context: PluginContext) -> None:
        self._config = config
        self._root = context.repo_path
        self._spill = Spill(config, context.repo_path)
        self._lock = threading.Lock()

    @cached_property
    def _database(self) -> duckdb.DuckDBPyConnection:
        import duckdb

        with duckdb_errors("starting DuckDB"):
            self._spill.parent.mkdir(parents=True, exist_ok=True)  # DuckDB makes the last one
            database = duckdb.connect(":memory:")
            settings: dict[str, object] = {
                "TimeZone": "UTC",
                "memory_limit": self._config.memory_limit,
                "temp_directory": str(self._spill.folder),
                "default_null_order": "nulls_last",
                "arrow_lossless_conversion": True,
                "autoinstall_known_extensions": False,
            }
            if self._config.threads:
                settings["threads"] = self._config.threads
            for name, value in settings.items():
                database.execute(f"SET GLOBAL {name} = $value", {"value": value})
        return database

    def session(self) -> DuckDBSession:
        """Open a cursor of its own, so that requests do not disturb each other."""
        with self._lock:
            self._limit_spill(self._database)
            return DuckDBSession(self._database.cursor(), self._root, self._spill)

    def _limit_spill(self, database: duckdb.DuckDBPyConnection) -> None:
        """Set the limit anew; it stays while other queries have spilled more than the new one."""
        import duckdb

        with duckdb_errors("limiting what is spilled"), suppress(duckdb.OutOfMemoryException):
            size = {"size": self._spill.limit(self._spilled(database))}
            database.execute("SET GLOBAL max_temp_directory_size = $size", size)

    def _spilled(self, database: duckdb.DuckDBPyConnection) -> int:
        """Return how many bytes are spilled now; DuckDB is asked where it has made the folder."""
        if not self._spill.folder.exists():
            return 0
        sizes = database.execute("SELECT sum(size)::BIGINT FROM duckdb_temporary_files()")
        (spilled,) = sizes.fetchone() or (None,)
        return spilled or 0

    def to_instant(self, value: exp.Expr, stored: pa.DataType) -> exp.Expr:
        """Return a column as ``TIMESTAMPTZ``; the session's zone is UTC.

        Nanoseconds are cut to µs: DuckDB's own cast rounds them, and takes ten times as long.
        """
        import pyarrow.types as at
        from sqlglot import exp

        if at.is_timestamp(stored) and stored.unit == "ns":
            nanoseconds = exp.Anonymous(this="epoch_ns", expressions=[value])
            micros = exp.IntDiv(this=nanoseconds, expression=exp.Literal.number(1_000))
            return exp.Anonymous(this="make_timestamptz", expressions=[micros])
        if at.is_timestamp(stored) and stored.tz:
            return value
        return exp.cast(value, exp.DataType.Type.TIMESTAMPTZ)

    def key_hash(self, keys: Sequence[exp.Expr]) -> exp.Expr:
        """Return DuckDB's own hash, by which it groups: equal keys of any type have the same."""
        from sqlglot import exp

        return exp.Anonymous(this="hash", expressions=list(keys))

    def key_hash_version(self) -> str:
        """Return DuckDB's version: another one may hash otherwise."""
        import duckdb

        return f"duckdb {duckdb.__version__}"

    def rows_class(self) -> type[SourceRows]:
        """Return what builds the queries over the rows of a source."""
        from provender_local.duckdb_rows import DuckDBRows

        return DuckDBRows

    def append(self, source: DataSource, table: pa.Table) -> None:
        """Add rows to the folder of a source, or to its single file; all of them or none."""
        path = self._appendable(source)
        schema = table.schema
        with suppress(NoDataYet):
            schema = self.schema(source)
        check_appended(source, table.column_names, schema.names)
        try:
            if path.is_file():
                append_to_file(path, table)
            else:
                written = _written(schema, table.schema)
                append_to_folder(path, cast_rows(table.select(schema.names), written))
        except OSError as error:
            raise StoreError(f"cannot append to source {source.name!r}", got=str(error)) from error

    def _appendable(self, source: DataSource) -> Path:
        path = source.path if isinstance(source, FileSource) else ""
        place = appendable(path, self._root)
        if place is None:
            raise SourceError(
                f"rows cannot be appended to source {source.name!r}",
                got=source.location(),
                allowed="a FileSource whose path is a local folder, or one local Parquet file",
                fix="name the folder of the files as the path, or push to the online store alone",
            )
        return place

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            if "_database" in self.__dict__:
                self._database.close()
                del self.__dict__["_database"]


def _written(schema: pa.Schema, given: pa.Schema) -> pa.Schema:
    """Return the columns of a new file; what only folders had is written into it as it is given."""
    import pyarrow as pa

    return pa.schema(given.field(f.name) if is_partition(f.type) else f for f in schema)
