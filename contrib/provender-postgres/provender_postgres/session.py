"""A session: one connection, one transaction, and the temporary tables that end with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
from psycopg import sql
from psycopg.errors import DuplicateTable
from psycopg.types.string import TextLoader
from sqlglot import exp

from provender.definitions import DataSource
from provender.errors import RequestError, SourceError, StoreError, listed
from provender.plugin import Spine, SqlSpine, TableSpine
from provender.plugin.sql import SqlSession
from provender.plugin.sql.user_text import parsed_query, parsed_table
from provender_postgres.arrow_types import arrow_column, arrow_type, type_name
from provender_postgres.connections import Connections
from provender_postgres.errors import postgres_errors
from provender_postgres.source import PostgresSource

_HASH_JOINS = "SET LOCAL enable_nestloop = off; SET LOCAL enable_mergejoin = off"
"""PostgreSQL takes the rows of a window for few; then it goes through them once for each other row,
or merges by one key and compares all its instants. A hash join looks at each row once."""
_NO_COMPILING = "SET LOCAL jit = off"
"""With nested loops off, one that cannot be avoided has so high a cost that PostgreSQL compiles the
query first; for the statistics of a few columns that takes seconds."""
_LONGEST = 63
"""The most bytes of a name."""


class PostgresSession(SqlSession):
    """The statements of one request.

    Args:
        connections: Where its connection comes from.
        batch_rows: The most rows that are read at once.
        timeout_ms: How long a statement may take; 0: as long as the server allows.
    """

    def __init__(self, connections: Connections, batch_rows: int, timeout_ms: int) -> None:
        self._connections = connections
        self._batch_rows = batch_rows
        self._staged = 0
        with postgres_errors(StoreError, SourceError):
            self._connection = connections.take()
            try:
                self._begin(timeout_ms)
            except BaseException:
                self._connection.close()
                raise

    def _begin(self, timeout_ms: int) -> None:
        self._connection.adapters.register_loader("json", TextLoader)
        self._connection.adapters.register_loader("jsonb", TextLoader)
        self._connection.execute("BEGIN")
        self._connection.execute(f"SET LOCAL statement_timeout = {timeout_ms:d}")
        self._connection.execute(_HASH_JOINS)
        self._connection.execute(_NO_COMPILING)

    def relation(self, source: DataSource) -> exp.Expr:
        """Return the table or the query of a source."""
        if not isinstance(source, PostgresSource):
            raise SourceError(
                f"the postgres store cannot read source {source.name!r}",
                got=f"a source of kind {source.kind!r}",
                allowed="PostgresSource",
            )
        if source.table:
            return parsed_table(source.table, "postgres", SourceError)
        what = f"the query of source {source.name!r}"
        query = parsed_query(source.query or "", "postgres", what, SourceError)
        return query.subquery("source")

    def stage(self, spine: Spine) -> exp.Expr:
        """Load entity rows into a table that goes with the transaction, or take their query."""
        if isinstance(spine, SqlSpine):
            what = "the SQL of the entity rows"
            query = parsed_query(spine.text, "postgres", what, RequestError)
            return query.subquery("entity_rows")
        if not isinstance(spine, TableSpine):
            raise RequestError("the postgres store cannot read files", allowed="a table or a query")
        name = f"provender_spine_{self._staged}"
        self._staged += 1
        columns = [
            sql.SQL("{} {}").format(sql.Identifier(f.name), sql.SQL(type_name(f.type)))
            for f in spine.table.schema
        ]
        make = sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP")
        with postgres_errors(StoreError, SourceError):
            place = sql.Identifier(name)
            self._connection.execute(make.format(place, sql.SQL(", ").join(columns)))
            copy_rows(self._connection, place, spine.table)
            self._connection.execute(sql.SQL("ANALYZE {}").format(place))
        return exp.to_table(f'pg_temp."{name}"', dialect="postgres")

    def schema(self, relation: exp.Expr) -> pa.Schema:
        """Return the columns of a relation."""
        statement = exp.select("*").from_(relation.copy()).limit(0).sql("postgres")
        with postgres_errors(StoreError, SourceError):
            columns = self._connection.execute(statement).description or ()
        return pa.schema([pa.field(column.name, arrow_type(column)) for column in columns])

    def run(self, statement: str) -> Iterator[pa.RecordBatch]:
        """Run a statement; the server keeps what was not yet read."""
        with (
            postgres_errors(StoreError, SourceError),
            self._connection.cursor("provender") as cursor,
        ):
            cursor.execute(statement)
            kinds = [arrow_type(column) for column in cursor.description or ()]
            names = [str(number) for number in range(len(kinds))]
            while rows := cursor.fetchmany(self._batch_rows):
                columns = zip(*rows, strict=True)
                arrays = [arrow_column(c, k) for c, k in zip(columns, kinds, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, names)

    def write(self, query: exp.Query, table: exp.Table, *, replace: bool) -> int:
        """Make a table of the rows of a query, end the transaction, and return their number.

        Raises:
            RequestError: There is such a table, and it is not to be replaced.
            StoreError: It cannot be written; nothing was changed.
        """
        place = table.sql("postgres")
        with postgres_errors(StoreError, SourceError):
            if replace:
                self._connection.execute(f"DROP TABLE IF EXISTS {place}")
            try:
                made = self._connection.execute(f"CREATE TABLE {place} AS {query.sql('postgres')}")
            except DuplicateTable as error:
                raise RequestError(
                    f"the destination already exists: {place}",
                    got=str(error).strip(),
                    fix="choose another destination, or pass replace=True",
                ) from error
            self._connection.commit()
        return made.rowcount

    def drop(self, table: exp.Table) -> None:
        """Remove a table, if it is there, and end the transaction."""
        with postgres_errors(StoreError, SourceError):
            self._connection.execute(f"DROP TABLE IF EXISTS {table.sql('postgres')}")
            self._connection.commit()

    def close(self) -> None:
        """End the transaction, and with it what it made."""
        connection, self.__dict__["_connection"] = self.__dict__.get("_connection"), None
        if connection is not None and not connection.closed:
            try:
                with postgres_errors(StoreError, SourceError):
                    connection.rollback()
            finally:
                self._connections.give_back(connection)


def check_names(names: Sequence[str]) -> None:
    """Check that a table can have columns of these names: PostgreSQL cuts longer ones.

    Raises:
        RequestError: With those that it cannot have.
    """
    wrong = [name for name in names if not 0 < len(name.encode()) <= _LONGEST or "\0" in name]
    if wrong:
        raise RequestError(
            "PostgreSQL has no columns of such names",
            got=listed(map(repr, wrong)),
            allowed=f"up to {_LONGEST} bytes",
            fix="rename the columns of the entity rows, or pass full_feature_names=False",
        )


def copy_rows(connection: Any, place: sql.Composable, table: pa.Table) -> None:
    """Append rows to a table by COPY, column by column of the same names."""
    names = sql.SQL(", ").join(map(sql.Identifier, table.column_names))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(place, names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for batch in table.to_batches(max_chunksize=10_000):
            columns = [_plain(column) for column in batch.columns]
            for row in zip(*columns, strict=True):
                copy.write_row(row)


def _plain(column: pa.Array) -> list[Any]:
    """Return Python values; nanoseconds are cut to µs, as PostgreSQL has no others."""
    kind = column.type
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values
