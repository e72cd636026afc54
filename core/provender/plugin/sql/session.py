"""`SqlSession`: the statements of one request, and the temporary objects that they need."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Self

from provender.definitions.source import DataSource
from provender.plugin.reading import Spine

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlglot import exp


class SqlSession(ABC):
    """What a SQL warehouse does for one request. Closing it removes whatever it made."""

    @abstractmethod
    def relation(self, source: DataSource) -> exp.Expr:
        """Return a source as what stands after FROM.

        Raises:
            SourceError: The source does not exist.
        """

    @abstractmethod
    def stage(self, spine: Spine) -> exp.Expr:
        """Return entity rows as what stands after FROM, loading them if need be.

        Raises:
            RequestError: The rows cannot be read.
        """

    @abstractmethod
    def schema(self, relation: exp.Expr) -> pa.Schema:
        """Return the columns of what stands after FROM."""

    @abstractmethod
    def run(self, statement: str) -> Iterator[pa.RecordBatch]:
        """Run a statement and return its result as it comes.

        Raises:
            StoreError: The warehouse failed.
        """

    @abstractmethod
    def close(self) -> None:
        """End the session and remove what it made; ending it twice is allowed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
