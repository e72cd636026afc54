"""`OfflineHarness`: all that a provider has to write to have its offline store tried."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING

from provender.definitions import DataSource
from provender.plugin import OfflineStore, StoreType
from provender.testing.suites.store_opener import StoreOpener

if TYPE_CHECKING:
    import pyarrow as pa


class OfflineHarness(ABC):
    """An offline store, and a way to put rows where it reads them.

    Args:
        opener: The store's address; the store is opened through the provider's entry point.

    Attributes:
        store: The open store.
        kind: What the plug-in says of it.
    """

    def __init__(self, opener: StoreOpener) -> None:
        self.kind: StoreType = opener.type()
        self.store: OfflineStore = opener.open()

    @abstractmethod
    def source(
        self,
        table: pa.Table,
        *,
        timestamp_field: str,
        created_timestamp_column: str | None = None,
        field_mapping: Mapping[str, str] | None = None,
    ) -> DataSource:
        """Store `table`, every column of it as it is, and return a source that reads it.

        Rows can be appended to the source.
        """

    @abstractmethod
    def leftovers(self) -> list[str]:
        """Return the names of temporary objects that the store has made and not yet removed."""

    def spine_path(self, table: pa.Table) -> str:
        """Store entity rows as Parquet and return the path; for ``parquet_spine`` only."""
        raise NotImplementedError("override spine_path: the store claims parquet_spine")

    def spine_query(self, table: pa.Table) -> str:
        """Store entity rows and return a query that gives them; for ``sql_spine`` only.

        The query gives the rows in no particular order.
        """
        raise NotImplementedError("override spine_query: the store claims sql_spine")
