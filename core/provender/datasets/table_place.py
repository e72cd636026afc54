"""`TablePlace`: rows of a dataset in a table that the warehouse wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provender.datasets.digest import Content, content_of
from provender.errors import Problem, RequestError
from provender.plugin.contract.destination import Destination
from provender.plugin.contract.offline_store import OfflineStore
from provender.plugin.contract.plan import Column, SourceRead, Window
from provender.plugin.kit.arrow_cast import cast_rows
from provender.plugin.kit.readers import reader_of, reading
from provender.types import from_arrow

if TYPE_CHECKING:
    import pyarrow as pa

    from provender.definitions import DataSource
    from provender.offline.retrieval_job import RetrievalJob

_READ_AT = "provender_read_at"
"""A timestamp that all rows have: those whose own is null are read, too."""


class TablePlace:
    """A table of the warehouse; its rows have no order.

    Args:
        store: The offline store.
        destination: The table.
        source_class: The class of sources that are such tables.
    """

    def __init__(
        self, store: OfflineStore, destination: Destination, source_class: type[DataSource]
    ) -> None:
        self._store = store
        self._destination = destination
        self._source_class: Any = source_class

    @contextmanager
    def prepared(self, job: RetrievalJob, *, replace: bool) -> Iterator[_UnpublishedTable]:
        """Check that a table can keep the columns of a job; nothing is written yet."""
        schema = job.schema()
        _check_types(schema)
        yield _UnpublishedTable(self, job, schema, replace)

    def put(self, job: RetrievalJob, *, overwrite: bool) -> None:
        """Let the warehouse write the rows of a job into the table, all of them or none."""
        write = getattr(job, f"to_{self._destination.kind}")
        try:
            write(self._destination.name, replace=overwrite)
        except RequestError as error:
            raise RequestError.of(map(_in_our_words, error.problems)) from error

    def read(self, schema: pa.Schema) -> pa.RecordBatchReader:
        """Return the rows, in any order."""
        columns = tuple(
            Column(field.name, field.name, kind)
            for field in schema
            if (kind := from_arrow(field.type)) is not None
        )
        read = SourceRead(self._source(), (), columns, _READ_AT)
        reader = self._store.rows(read, Window())
        return reader_of(schema, _cast(reader, schema), reader)

    def remove(self) -> None:
        """Remove the table."""
        self._store.remove(self._destination)

    def _source(self) -> DataSource:
        """Return the table with one more column, a timestamp that is not null."""
        instant = f"TIMESTAMP '2000-01-01 00:00:00' AS {_READ_AT}"
        query = f"SELECT saved.*, {instant} FROM {self._destination.name} AS saved"  # noqa: S608 - what the user named
        found: DataSource = self._source_class(
            query=query, name=self._destination.name, timestamp_field=_READ_AT
        )
        return found


@dataclass(frozen=True, slots=True)
class _UnpublishedTable:
    """Rows that the warehouse has still to compute."""

    place: TablePlace
    job: RetrievalJob
    schema: pa.Schema
    replace: bool

    def put(self) -> None:
        self.place.put(self.job, overwrite=self.replace)

    def content(self) -> Content:
        with reading(self.place.read(self.schema)) as reader:
            return content_of(reader)


def _in_our_words(problem: Problem) -> Problem:
    """Return a problem whose way out names the argument that the caller has."""
    fix = problem.fix and problem.fix.replace("replace=True", "allow_overwrite=True")
    return Problem(problem.fact, problem.got, problem.allowed, fix, problem.place)


def _cast(reader: pa.RecordBatchReader, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for batch in reader:
        yield cast_rows(batch.select(schema.names), schema)


def _check_types(schema: pa.Schema) -> None:
    """Check that a table gives back the values of all columns exactly.

    Raises:
        RequestError: With those of which it does not.
    """
    import pyarrow.types as at

    problems = []
    for field in schema:
        finer = at.is_timestamp(field.type) and field.type.unit == "ns"
        if from_arrow(field.type) is None or finer:
            fact = f"a table cannot keep column {field.name!r} of the entity rows exactly"
            fix = "convert it, leave it out, or store the rows in a Parquet file"
            problems.append(Problem(fact, got=str(field.type), fix=fix))
    if problems:
        raise RequestError.of(problems)
