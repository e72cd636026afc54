"""A DuckDB session: one cursor, the tables that are registered with it, one result at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from provender.definitions import DataSource, FileSource
from provender.errors import RequestError, SourceError
from provender.plugin import Spine, SqlSpine, TableSpine
from provender.plugin.parquet import ParquetRows, parquet_rows_at
from provender.plugin.sql import Located, SqlSession
from provender.plugin.sql.user_text import parsed_query
from provender.types import is_partition, with_scalars
from provender_local.duckdb_errors import duckdb_errors
from provender_local.parquet_relation import ParquetRelation, is_foreign, unlike

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from sqlglot import exp

    from provender.types import FeatureType
    from provender_local.spill import Spill

BATCH_ROWS = 122_880
"""Rows of a streamed batch: DuckDB's own unit of a row group."""


class DuckDBSession(SqlSession):
    """Statements on one cursor; nothing of it outlives the cursor.

    Args:
        cursor: A cursor of the store's database.
        root: Where relative paths of sources start.
        spill: Where queries spill to.
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, root: Path, spill: Spill) -> None:
        self._spill = spill
        self._cursor = cursor
        self._root = root
        self._registered = 0

    def relation(self, source: DataSource) -> exp.Expr:
        """Return the Parquet files of a source."""
        return self.locate(source, {}).relation

    def locate(self, source: DataSource, declared: Mapping[str, FeatureType]) -> Located:
        """Return the Parquet files of a source and their columns."""
        if not isinstance(source, FileSource):
            raise SourceError(
                f"the duckdb store cannot read source {source.name!r}",
                got=f"a source of kind {source.kind!r}",
                allowed="FileSource",
            )
        return self._locate(parquet_rows_at(source.path, self._root, declared), ordered=False)

    def _locate(self, rows: ParquetRows, *, ordered: bool) -> Located:
        made = ParquetRelation(rows, self._register, self._sql_type, ordered)
        relation = made.relation()
        return Located(relation, _as_told(self.schema(relation), rows, made.columns), made.columns)

    def stage(self, spine: Spine) -> exp.Expr:
        """Return entity rows: a registered table, Parquet files or a query."""
        return (
            self._register(spine.table)
            if isinstance(spine, TableSpine)
            else self.locate_spine(spine, {}).relation
        )

    def locate_spine(self, spine: Spine, declared: Mapping[str, FeatureType]) -> Located:
        """Return entity rows and their columns."""
        if isinstance(spine, SqlSpine):
            return self._query(spine)
        if isinstance(spine, TableSpine):
            return Located(self._register(spine.table), spine.table.schema)
        try:
            rows = parquet_rows_at(spine.path, Path.cwd(), declared)
        except SourceError as error:
            raise RequestError(
                "the Parquet files of the entity rows cannot be read", got=f"{spine.path}: {error}"
            ) from error
        return self._locate(rows, ordered=True)

    def _query(self, spine: SqlSpine) -> Located:
        """Return a query of entity rows; DuckDB would give another name to ``X`` beside ``x``."""
        from sqlglot import exp

        query = parsed_query(spine.text, "duckdb", "the SQL of the entity rows", RequestError)
        with duckdb_errors("reading the columns of the entity rows"):
            found = (
                self._cursor.sql(query.limit(0, copy=True).sql("duckdb")).to_arrow_table().schema
            )
        columns = unlike(found.names)
        relation = query.subquery("entity_rows")
        if columns:
            names = [columns.get(name, name) for name in found.names]
            quoted = [exp.to_identifier(name, quoted=True) for name in names]
            relation.args["alias"].set("columns", quoted)
        return Located(relation, _with_plain_booleans(found), columns)

    def _register(self, rows: pa.Table | pa.dataset.Dataset) -> exp.Table:
        from sqlglot import exp

        name = f"__registered_{self._registered}"
        self._registered += 1
        with duckdb_errors("handing rows to DuckDB"):
            self._cursor.register(name, rows)
        return exp.to_table(name)

    def _sql_type(self, kind: pa.DataType) -> exp.DataType:
        """Return DuckDB's type for values of an Arrow type."""
        import pyarrow as pa
        from sqlglot import exp

        with duckdb_errors("looking for a type"):
            empty = self._cursor.from_arrow(pa.Table.from_batches([], pa.schema([("value", kind)])))
        return exp.DataType.build(str(empty.types[0]), dialect="duckdb")

    def schema(self, relation: exp.Expr) -> pa.Schema:
        """Return the columns of a relation."""
        from sqlglot import exp

        statement = exp.select("*").from_(relation.copy()).limit(0).sql("duckdb")
        with duckdb_errors("reading the columns of a source"):
            found = self._cursor.sql(statement).to_arrow_table().schema
        return _with_plain_booleans(found)

    def run(self, statement: str) -> Iterator[pa.RecordBatch]:
        """Run a statement and return its result as it comes."""
        with duckdb_errors("running a query", self._spill):
            reader = self._cursor.sql(statement).to_arrow_reader(BATCH_ROWS)
        while True:
            with duckdb_errors("running a query", self._spill):
                try:
                    batch = reader.read_next_batch()
                except StopIteration:
                    return
            yield batch

    def close(self) -> None:
        """Close the cursor, and with it a query that is still running."""
        self._cursor.close()


def _as_told(stored: pa.Schema, rows: ParquetRows, columns: Mapping[str, str]) -> pa.Schema:
    """Return the columns under their names, with the type of the files where DuckDB has none."""
    import pyarrow as pa

    told = {column.name: column.type for column in rows.columns}
    names = {columns.get(name, name): name for name in told}
    fields = [pa.field(names[field.name], field.type) for field in stored]
    return pa.schema(
        field.with_type(told[field.name]) if _is_unknown(told[field.name]) else field
        for field in fields
    )


def _is_unknown(kind: pa.DataType) -> bool:
    return is_partition(kind) or is_foreign(kind)


def _with_plain_booleans(schema: pa.Schema) -> pa.Schema:
    """Return a schema with Arrow's own booleans instead of the bytes that DuckDB hands out."""
    import pyarrow as pa

    def plain(scalar: pa.DataType) -> pa.DataType:
        return pa.bool_() if scalar == pa.bool8() else scalar

    return pa.schema(field.with_type(with_scalars(field.type, plain)) for field in schema)
