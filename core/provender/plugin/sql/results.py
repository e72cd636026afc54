"""Results of queries as they come: streamed, put together column by column, or a few rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from provender.errors import StoreError
from provender.plugin.kit.readers import reader_of
from provender.plugin.sql.session import Result, SqlSession

if TYPE_CHECKING:
    import pyarrow as pa


def streamed(session: SqlSession, statement: str, result: Result) -> pa.RecordBatchReader:
    """Return a query's result batch by batch; the session ends with the stream, or without it.

    Args:
        session: Where the query runs.
        statement: The query.
        result: What it gives.
    """
    return reader_of(result.schema, session.read(statement, result), session)


def answered(session: SqlSession, statement: str, result: Result) -> list[tuple[Any, ...]]:
    """Return the rows of a query's small result as Python values.

    Args:
        session: Where the query runs.
        statement: The query.
        result: What it gives.
    """
    batches = session.read(statement, result)
    columns = ([column.to_pylist() for column in batch.columns] for batch in batches)
    return [row for values in columns for row in zip(*values, strict=True)]


def beside(rows: pa.Table, parts: Sequence[pa.RecordBatchReader]) -> pa.RecordBatchReader:
    """Return a table with the columns of each part added, batch by batch as they come.

    Args:
        rows: The entity rows.
        parts: Columns to add; each has one row for each of `rows`, in the same order.
    """
    import pyarrow as pa

    schema = pa.schema([*rows.schema, *(field for part in parts for field in part.schema)])
    return reader_of(schema, _beside(rows, parts, schema), *parts)


def _beside(
    rows: pa.Table, parts: Sequence[pa.RecordBatchReader], schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """Return batches of the rows with the columns of each part, as they come.

    Raises:
        StoreError: A part does not have as many rows.
    """
    import pyarrow as pa

    start = 0
    left = [_next(part) for part in parts]
    while count := min(some.num_rows for some in left):
        own = rows.slice(start, count)
        added = [column for some in left for column in some.slice(0, count).columns]
        if own.num_rows < count:
            break
        yield from pa.Table.from_arrays([*own.columns, *added], schema=schema).to_batches()
        start += count
        cut = [some.slice(count) for some in left]
        left = [
            some if some.num_rows else _next(part) for some, part in zip(cut, parts, strict=True)
        ]
    if start < rows.num_rows or any(some.num_rows for some in left):
        raise StoreError(
            "the result of the join does not have one row for each entity row",
            got=f"a result of more or fewer than {rows.num_rows} rows",
        )


def _next(part: pa.RecordBatchReader) -> pa.Table:
    """Return the next rows of a reader, none at its end."""
    import pyarrow as pa

    found = next((batch for batch in part if batch.num_rows), None)
    return pa.Table.from_batches([] if found is None else [found], part.schema)
