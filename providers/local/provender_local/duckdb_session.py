"""A DuckDB session: one cursor, the tables that are registered with it, one result at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from provender.definitions import DataSource, FileSource
from provender.errors import RequestError, SourceError
from provender.plugin import ParquetSpine, Spine, SqlSpine, TableSpine
from provender.plugin.sql import SqlSession
from provender_local.duckdb_errors import duckdb_errors
from provender_local.files import is_url, local_files, url_dataset

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from sqlglot import exp

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
        if not isinstance(source, FileSource):
            raise SourceError(
                f"the duckdb store cannot read source {source.name!r}",
                got=f"a source of kind {source.kind!r}",
                allowed="FileSource",
            )
        if is_url(source.path):
            return self._register(url_dataset(source.path))
        return _read_parquet(local_files(source.path, self._root))

    def stage(self, spine: Spine) -> exp.Expr:
        """Return entity rows: a registered table, a Parquet file or a query."""
        if isinstance(spine, TableSpine):
            return self._register(spine.table)
        if isinstance(spine, ParquetSpine):
            try:
                return _read_parquet(local_files(spine.path, Path.cwd()))
            except SourceError as error:
                raise RequestError(
                    "no Parquet file with the entity rows", got=spine.path
                ) from error
        return _subquery(spine)

    def _register(self, rows: pa.Table | pa.dataset.Dataset) -> exp.Expr:
        from sqlglot import exp

        name = f"__registered_{self._registered}"
        self._registered += 1
        with duckdb_errors("handing rows to DuckDB"):
            self._cursor.register(name, rows)
        return exp.to_table(name)

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


def _with_plain_booleans(schema: pa.Schema) -> pa.Schema:
    """Return a schema with Arrow's own booleans instead of the bytes that DuckDB hands out."""
    import pyarrow as pa

    return pa.schema(field.with_type(_plain(field.type)) for field in schema)


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return a type with plain booleans in it, however deep."""
    import pyarrow as pa
    import pyarrow.types as at

    if kind == pa.bool8():
        return pa.bool_()
    if at.is_list(kind):
        return pa.list_(_plain(kind.value_type))
    if at.is_map(kind):
        return pa.map_(_plain(kind.key_type), _plain(kind.item_type))
    if at.is_struct(kind):
        return pa.struct([f.with_type(_plain(f.type)) for f in kind.fields])
    return kind


def _read_parquet(files: list[str]) -> exp.Expr:
    from sqlglot import exp

    names = exp.Array(expressions=[exp.Literal.string(_escaped(file)) for file in files])
    by_name = exp.EQ(this=exp.to_identifier("union_by_name"), expression=exp.true())
    options = [by_name] if len(files) > 1 else []
    return exp.Table(this=exp.Anonymous(this="read_parquet", expressions=[names, *options]))


def _escaped(file: str) -> str:
    """Return a file name in which DuckDB sees no glob."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in file)


def _subquery(spine: SqlSpine) -> exp.Expr:
    import sqlglot
    from sqlglot import exp

    try:
        parsed = sqlglot.parse_one(spine.text, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise RequestError("the SQL of the entity rows cannot be read", got=str(error)) from error
    if not isinstance(parsed, exp.Query):
        raise RequestError(
            "the SQL of the entity rows is not a query", got=spine.text, allowed="SELECT …"
        )
    return parsed.subquery("entity_rows")
