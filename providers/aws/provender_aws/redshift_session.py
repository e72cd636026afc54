"""A request to Redshift: what is staged for it, its one transaction, and its result."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.types as at
from sqlglot import exp

from provender.definitions import DataSource
from provender.errors import RequestError, SourceError, StoreError
from provender.plugin import Spine, SqlSpine, TableSpine
from provender.plugin.sql import SqlSession
from provender.plugin.sql.names import ORDER, column, named, table
from provender.types import FeatureType
from provender_aws.redshift_pages import page_batches, page_schema
from provender_aws.redshift_source import RedshiftSource
from provender_aws.redshift_sql import (
    DIALECT,
    UNLOADED,
    all_of,
    as_json,
    copy,
    instant,
    query_of,
    quoted,
    table_of,
    unload,
)
from provender_aws.redshift_staging import Staging
from provender_aws.redshift_statements import Statements
from provender_aws.redshift_types import type_name
from provender_aws.redshift_values import from_json

_RESULT = "result_"


class RedshiftSession(SqlSession):
    """Nothing runs but questions for columns until `run` or `finish`.

    Then everything runs in one transaction, on a connection that ends with it and takes the
    temporary tables along.

    Args:
        statements: What runs them.
        staging: Where files are on their way.
        role: The role by which Redshift reads and writes S3.
    """

    def __init__(self, statements: Statements, staging: Staging, role: str | None) -> None:
        self._statements = statements
        self._staging = staging
        self.role = role
        self._before: list[str] = []
        self._files: list[tuple[str, pa.Table]] = []
        self._in_pages = False
        self._in_order = True
        self._json: Sequence[FeatureType | None] = ()

    def relation(self, source: DataSource) -> exp.Expr:
        """Return the table of a source, or its query in brackets."""
        if not isinstance(source, RedshiftSource):
            raise SourceError(
                f"the redshift store cannot read source {source.name!r}",
                got=f"a source of kind {source.kind!r}",
                allowed="RedshiftSource",
            )
        if source.table:
            return table_of(source)
        what = f"the query of source {source.name!r}"
        return query_of(str(source.query), what, SourceError).subquery("source")

    def stage(self, spine: Spine) -> exp.Expr:
        """Return entity rows as a temporary table that the transaction will make."""
        if isinstance(spine, SqlSpine):
            return query_of(spine.text, "the SQL of the entity rows", RequestError).subquery("rows")
        if not isinstance(spine, TableSpine):
            raise RequestError("entity rows are a table or a query", got=type(spine).__name__)
        return self.loaded(spine.table)

    def loaded(self, rows: pa.Table) -> exp.Expr:
        """Return rows that the transaction will load, instants as ``TIMESTAMPTZ`` again."""
        name = self._temporary()
        file = f"{name}.parquet"
        self._files.append((file, rows))
        columns = [f"{quoted(f.name)} {_loaded_type(f.type)}" for f in rows.schema]
        self._before.append(f"CREATE TEMPORARY TABLE {name} ({', '.join(columns)})")
        self._before.append(copy(name, self._staging.url(file), self.role))
        values = [named(_restored(column(f.name), f.type), f.name) for f in rows.schema]
        return exp.select(*values).from_(table(name)).subquery("loaded")

    def numbered(self, relation: exp.Expr, schema: pa.Schema) -> exp.Expr:
        """Return the rows of a relation, kept with a number for each, SUPER as text."""
        values = [
            named(as_json(column(f.name)) if at.is_null(f.type) else column(f.name), f.name)
            for f in schema
        ]
        number = exp.Window(this=exp.RowNumber())
        return self.kept(exp.select(*values, named(number, ORDER)).from_(relation.copy()))

    def kept(self, query: exp.Query) -> exp.Expr:
        """Return a temporary table that the transaction will make of a query's rows."""
        name = self._temporary()
        self._before.append(f"CREATE TEMPORARY TABLE {name} AS {query.sql(DIALECT)}")
        return table(name)

    def _temporary(self) -> str:
        return f"provender_{uuid.uuid4().hex}"

    def schema(self, relation: exp.Expr) -> pa.Schema:
        """Return the columns of a table or a query."""
        text = all_of(relation).limit(0).sql(DIALECT)
        found = self._statements.run([text], "reading the columns of a source", SourceError)
        return page_schema(next(self._statements.pages(found)))

    def expect(self, json: Sequence[FeatureType | None], *, in_pages: bool, in_order: bool) -> None:
        """Say what the result of `run` will be.

        Args:
            json: For each column the type to read its JSON as, or None.
            in_pages: Whether it is small enough to come through the Data API.
            in_order: Whether the order of its rows matters.
        """
        self._json, self._in_pages, self._in_order = json, in_pages, in_order

    def run(self, statement: str) -> Iterator[pa.RecordBatch]:
        """Run everything and return the rows of the query as they come."""
        if self._in_pages:
            batches = page_batches(self._statements.pages(self.finish([statement])))
        else:
            parallel = "OFF" if self._in_order else "ON"
            options = f"MANIFEST VERBOSE PARALLEL {parallel}"
            url = self._staging.url(_RESULT)
            written = unload(statement, url, self.role, options=options)
            count = self._number(self.finish([written, UNLOADED]))
            batches = self._staging.batches(_RESULT, count)
        for batch in batches:
            yield self._decoded(batch)

    def finish(self, texts: Sequence[str], doing: str = "a query") -> str:
        """Write the files and run everything, with these statements at the end.

        Returns:
            The id of the last statement.

        Raises:
            StoreError: It failed; nothing happened.
        """
        for name, rows in self._files:
            self._staging.put(name, rows)
        return self._statements.run([*self._before, *texts], doing, StoreError)

    def counted(self, texts: Sequence[str], rows: exp.Expr, doing: str) -> int:
        """Do what `finish` does, and return how many rows a relation has.

        Raises:
            StoreError: It failed; nothing happened.
        """
        count = exp.select(exp.Count(this=exp.Star())).from_(rows.copy()).sql(DIALECT)
        return self._number(self.finish([*texts, count], doing))

    def _number(self, statement: str) -> int:
        """Return the one number that is the result of a statement."""
        ((found,),) = next(self._statements.pages(statement))["Records"]
        return int(found["longValue"])

    def _decoded(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        arrays = [
            array if kind is None else from_json(array.to_pylist(), kind)
            for array, kind in zip(batch.columns, self._json, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, [str(n) for n in range(len(arrays))])

    def close(self) -> None:
        """Remove the files."""
        self._staging.remove()


def _is_list(kind: pa.DataType) -> bool:
    return bool(at.is_list(kind) or at.is_large_list(kind) or at.is_fixed_size_list(kind))


def _loaded_type(kind: pa.DataType) -> str:
    return type_name(pa.binary() if _is_list(kind) else kind)


def _restored(value: exp.Expr, kind: pa.DataType) -> exp.Expr:
    """Return a loaded column as what it was before it went through a file."""
    if _is_list(kind):
        return exp.Anonymous(this="JSON_PARSE", expressions=[value])
    if at.is_timestamp(kind) and kind.tz:
        return instant(value, pa.timestamp("us"))
    return value
