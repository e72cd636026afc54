"""`OfflineStore`: reads and appends tables in the system that already holds the user's rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from provender.definitions.source import DataSource
from provender.errors import RequestError, listed
from provender.plugin.contract.destination import Destination
from provender.plugin.contract.plan import (
    WHOLE,
    Estimate,
    HistoricalPlan,
    Partition,
    SourceRead,
    Spine,
    Window,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from provender.plugin.statistics import ViewFigures


class OfflineStore(ABC):
    """The contract of an offline store: Arrow in, Arrow out.

    Results are streamed: a reader that is abandoned, or a query that fails, leaves no
    temporary objects. Timestamps are ``timestamp[us, UTC]``; naive ones mean UTC.

    Attributes:
        destinations: The kinds of destinations to which `export` can write a result; the first is
            the store's own. A `RetrievalJob` offers each as ``to_KIND(name)``.
        known_at_columns: Whether `HistoricalPlan.known_at` may be a column of the entity rows.
    """

    destinations: ClassVar[tuple[str, ...]] = ()
    known_at_columns: ClassVar[bool] = False

    @abstractmethod
    def schema(self, source: DataSource) -> pa.Schema:
        """Return the columns of `source` as they are stored.

        Raises:
            SourceError: The source does not exist or cannot be read.
        """

    @abstractmethod
    def spine_schema(self, spine: Spine) -> pa.Schema:
        """Return the columns of entity rows.

        Raises:
            RequestError: The rows cannot be read.
        """

    @abstractmethod
    def historical(self, plan: HistoricalPlan, spine: Spine) -> pa.RecordBatchReader:
        """Return the point-in-time join that `plan` describes, streamed.

        Raises:
            SourceError: A source does not exist or has other columns than the plan says.
            StoreError: The store failed.
        """

    @abstractmethod
    def latest(
        self, read: SourceRead, window: Window, partition: Partition = WHOLE
    ) -> pa.RecordBatchReader:
        """Return the newest row of each key within `window`, streamed.

        Ties are settled as in `HistoricalPlan`. Rows with a null in the key or without an event
        timestamp are ignored. The schema is `read_schema(read)`.

        Args:
            read: The source and the columns.
            window: The rows to read.
            partition: Only the keys of this part. A store that does not override `partitions`
                is never given one.

        Raises:
            SourceError: The source does not exist or has other columns than `read` says.
            StoreError: The store failed.
        """

    @abstractmethod
    def rows(self, read: SourceRead, window: Window) -> pa.RecordBatchReader:
        """Return every row within `window`, in no particular order, streamed.

        Raises:
            SourceError: The source does not exist or has other columns than `read` says.
            StoreError: The store failed.
        """

    def partitions(self, read: SourceRead, window: Window, wanted: int) -> Sequence[Partition]:
        """Return parts in which several workers can read `latest` at the same time.

        Each key belongs to exactly one part, in every process. By default there is one part.

        Args:
            read: The source and the columns.
            window: The rows that will be read.
            wanted: How many parts are useful; there may be fewer or more, but at least one.

        Raises:
            SourceError: The source does not exist or has other columns than `read` says.
            StoreError: The store failed.
        """
        return (WHOLE,)

    @abstractmethod
    def append(self, source: DataSource, table: pa.Table) -> None:
        """Add rows to `source`, all of them or none.

        Raises:
            SourceError: The columns of `table` are not those of the source.
            StoreError: The store failed.
        """

    def sql(self, plan: HistoricalPlan, spine: Spine) -> str | None:
        """Return the query of `historical` as text, or None if the store does not use SQL."""
        return None

    def estimate(self, plan: HistoricalPlan, spine: Spine) -> Estimate:
        """Return what `historical` would cost, as far as the store can estimate it."""
        return Estimate()

    def statistics(self, view: str, read: SourceRead, window: Window) -> ViewFigures:
        """Return statistics of the rows within `window`: nulls, quantiles, histograms.

        By default the rows are read and counted in this process. A store that can compute them
        in place overrides it; the results are the same, to the last digit.

        Args:
            view: The view's name.
            read: Its source and columns.
            window: The rows to read.

        Raises:
            SourceError: The source does not exist or has other columns than `read` says.
            StoreError: The store failed.
        """
        from provender.plugin.statistics import describe

        columns = [(column.name, column.type) for column in (*read.keys, *read.features)]
        return describe(view, self.rows(read, window), columns)

    def export(self, plan: HistoricalPlan, spine: Spine, destination: Destination) -> int:
        """Write the result of `historical` to a destination, and return its number of rows.

        A table gets all of it or nothing. The rows have no order.

        Raises:
            RequestError: The store has no such kind of destination, or the destination
                exists and is not to be replaced.
            StoreError: The store failed.
        """
        raise RequestError(
            "the offline store cannot write results to this destination",
            got=f"{destination.kind}: {destination.name}",
            allowed=listed(self.destinations),
        )

    def remove(self, destination: Destination) -> None:
        """Remove a table to which `export` has written a result; one that is not there is fine.

        Raises:
            RequestError: The store has no such kind of destination, or it is not a table.
            StoreError: The store failed.
        """
        raise RequestError(
            "the offline store cannot remove this destination",
            got=f"{destination.kind}: {destination.name}",
            fix="remove it with the tools of the warehouse",
        )

    def close(self) -> None:
        """Release connections; closing twice is allowed."""
