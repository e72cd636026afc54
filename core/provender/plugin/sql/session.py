"""`SqlSession`: the statements of one request, and the temporary objects that they need."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from provender.definitions.source import DataSource
from provender.plugin.contract.plan import Spine
from provender.plugin.kit.arrow_cast import cast_batches

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp

    from provender.types import FeatureType


@dataclass(frozen=True, slots=True)
class Located:
    """Rows that can be selected from.

    Attributes:
        relation: What stands after FROM.
        schema: The columns, under their names.
        columns: The name of a column in the relation where it has another one there, for
            dialects that cannot tell two names apart.
    """

    relation: exp.Expr
    schema: pa.Schema
    columns: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """What a query gives, as far as it is known before it runs.

    Attributes:
        schema: The columns, as they are wanted.
        stored: The type in which the warehouse has each of them; empty: nobody knows.
        rows: How many rows there are at most, if known.
        ordered: Whether the order of the rows matters.
    """

    schema: pa.Schema
    stored: tuple[pa.DataType, ...] = ()
    rows: int | None = None
    ordered: bool = False


class SqlSession(ABC):
    """What a SQL warehouse does for one request. Closing it removes whatever it made."""

    @abstractmethod
    def relation(self, source: DataSource) -> exp.Expr:
        """Return a source as the relation after FROM.

        Raises:
            SourceError: The source does not exist.
        """

    @abstractmethod
    def stage(self, spine: Spine) -> exp.Expr:
        """Return entity rows as the relation after FROM, loading them if need be.

        Raises:
            RequestError: The rows cannot be read.
        """

    @abstractmethod
    def schema(self, relation: exp.Expr) -> pa.Schema:
        """Return the columns of a relation."""

    def locate(self, source: DataSource, declared: Mapping[str, FeatureType]) -> Located:
        """Return a source and its columns.

        A session overrides it when it has to know the declared types to read a column, or when
        its dialect cannot tell the names of two columns apart.

        Args:
            source: The source.
            declared: The types that columns are read as, by name, as far as they are known.

        Raises:
            SourceError: The source does not exist.
        """
        relation = self.relation(source)
        return Located(relation, self.schema(relation))

    def locate_spine(self, spine: Spine, declared: Mapping[str, FeatureType]) -> Located:
        """Return entity rows and their columns, loading them if need be; see `locate`.

        Raises:
            RequestError: The rows cannot be read.
        """
        relation = self.stage(spine)
        return Located(relation, self.schema(relation))

    @abstractmethod
    def run(self, statement: str) -> Iterator[pa.RecordBatch]:
        """Run a statement and return its result as it comes.

        Raises:
            StoreError: The warehouse failed.
        """

    def read(self, statement: str, result: Result) -> Iterator[pa.RecordBatch]:
        """Run a query and return its rows as they come, with the columns of `result`.

        A session overrides it when values have to be decoded, or when what is known of a result
        decides the way it takes.

        Raises:
            StoreError: The warehouse failed.
        """
        return cast_batches(self.run(statement), result.schema)

    def keep(self, query: exp.Query) -> exp.Expr:
        """Return a temporary table with the rows of a query, as the relation after FROM.

        It may be made as late as `run`. Only stores that cut long queries, or that evaluate
        entity rows before the join, need it.

        Raises:
            StoreError: The warehouse failed.
        """
        raise NotImplementedError(f"{type(self).__name__} has no temporary tables")

    @abstractmethod
    def close(self) -> None:
        """End the session and remove what it made; ending it twice is allowed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
