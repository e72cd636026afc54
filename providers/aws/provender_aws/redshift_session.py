"""A request to Redshift: what is staged for it, its one transaction, and its result."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.types as at
from sqlglot import exp

from provender.definitions import DataSource
from provender.errors import RequestError, SourceError, StoreError
from provender.plugin import Spine, SqlSpine, TableSpine, cast_batches
from provender.plugin.sql import Located, Result, SqlSession
from provender.plugin.sql.names import column, named, table
from provender.plugin.sql.user_text import parsed_query
from provender.types import FeatureType, from_arrow, is_list
from provender_aws.redshift_pages import page_batches, page_schema
from provender_aws.redshift_source import RedshiftSource
from provender_aws.redshift_sql import (
    DIALECT,
    UNLOADED,
    all_of,
    as_json,
    copy,
    instant,
    quoted,
    table_of,
    unload,
)
from provender_aws.redshift_staging import Staging
from provender_aws.redshift_statements import Statements
from provender_aws.redshift_types import type_name
from provender_aws.redshift_values import from_json

_RESULT = "result_"
_MOST_KEPT = 31
"""The most temporary tables made of queries: a transaction has 40 statements."""
_OF_FIXED_SIZE = frozenset(
    {"Bool", "Int32", "Int64", "Float32", "Float64", "UnixTimestamp", "Date", "Decimal"}
)


class RedshiftSession(SqlSession):
    """Nothing runs but questions for columns until `run` or `finish`.

    Then everything runs in one transaction, on a connection that ends with it and takes the
    temporary tables along.

    Args:
        statements: What runs them.
        staging: Where files are on their way.
        role: The role by which Redshift reads and writes S3.
        page_rows: Up to so many rows of fixed size come through the Data API.
    """

    def __init__(
        self, statements: Statements, staging: Staging, role: str | None, page_rows: int = 0
    ) -> None:
        self._statements = statements
        self._staging = staging
        self.role = role
        self._page_rows = page_rows
        self._before: list[str] = []
        self._files: list[tuple[str, pa.Table]] = []
        self._kept = 0
        self._unloads = 0

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
        return parsed_query(str(source.query), DIALECT, what, SourceError).subquery("source")

    def stage(self, spine: Spine) -> exp.Expr:
        """Return entity rows as a temporary table that the transaction will make."""
        if isinstance(spine, SqlSpine):
            what = "the SQL of the entity rows"
            return parsed_query(spine.text, DIALECT, what, RequestError).subquery("rows")
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

    def locate_spine(self, spine: Spine, declared: Mapping[str, FeatureType]) -> Located:
        """Return entity rows and their columns, SUPER as text."""
        relation = self.stage(spine)
        schema = self.schema(relation)
        values = [
            named(as_json(column(f.name)) if at.is_null(f.type) else column(f.name), f.name)
            for f in schema
        ]
        texts = [f.with_type(pa.string()) if at.is_null(f.type) else f for f in schema]
        rows = exp.select(*values).from_(relation).subquery("texts")
        return Located(rows, pa.schema(texts))

    def keep(self, query: exp.Query) -> exp.Expr:
        """Return a temporary table that the transaction will make of a query's rows.

        Raises:
            StoreError: There are more than fit into one transaction.
        """
        if self._kept == _MOST_KEPT:
            raise StoreError(
                "the join is too large for one transaction of Redshift",
                allowed=f"at most {_MOST_KEPT} pieces",
                fix="request fewer views at once",
            )
        self._kept += 1
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

    def run(self, statement: str) -> Iterator[pa.RecordBatch]:
        """Run everything and return the rows of the query, which are few, as they come."""
        return page_batches(self._statements.pages(self.finish([statement])))

    def read(self, statement: str, result: Result) -> Iterator[pa.RecordBatch]:
        """Run everything and return the rows of the query as they come, JSON as what it holds."""
        return cast_batches(self._read(statement, result), result.schema)

    def _read(self, statement: str, result: Result) -> Iterator[pa.RecordBatch]:
        json = _json(result)
        batches = self.run if self._is_small(result) else partial(self._unloaded, result.ordered)
        for batch in batches(statement):
            arrays = [
                array if kind is None else from_json(array.to_pylist(), kind)
                for array, kind in zip(batch.columns, json, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, [str(n) for n in range(len(arrays))])

    def _unloaded(self, ordered: bool, statement: str) -> Iterator[pa.RecordBatch]:
        """Return the rows of a query by way of files in S3."""
        name = f"{_RESULT}{self._unloads}_"
        self._unloads += 1
        options = f"MANIFEST VERBOSE PARALLEL {'OFF' if ordered else 'ON'}"
        written = unload(statement, self._staging.url(name), self.role, options=options)
        return self._staging.batches(name, self._number(self.finish([written, UNLOADED])))

    def _is_small(self, result: Result) -> bool:
        """Return whether a result is few rows, and nothing in them that may be long."""
        kinds = [from_arrow(kind) for kind in result.schema.types]
        fixed = all(kind is not None and kind.name in _OF_FIXED_SIZE for kind in kinds)
        few = result.rows is not None and result.rows <= self._page_rows
        return few and fixed and not any(_json(result))

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

    def close(self) -> None:
        """Remove the files."""
        self._staging.remove()


def _json(result: Result) -> list[FeatureType | None]:
    """Return for each column the type that its JSON is read as, or None."""
    stored = result.stored or [None] * len(result.schema)
    return [
        from_arrow(wanted) if kind is not None and at.is_null(kind) else None
        for wanted, kind in zip(result.schema.types, stored, strict=True)
    ]


def _loaded_type(kind: pa.DataType) -> str:
    return type_name(pa.binary() if is_list(kind) else kind)


def _restored(value: exp.Expr, kind: pa.DataType) -> exp.Expr:
    """Return a loaded column as what it was before it went through a file."""
    if is_list(kind):
        return exp.Anonymous(this="JSON_PARSE", expressions=[value])
    if at.is_timestamp(kind) and kind.tz:
        return instant(value, pa.timestamp("us"))
    return value
