"""`RetrievalJob`: a point-in-time join that runs when its result is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from provender.errors import RequestError
from provender.frames import to_frame
from provender.plugin.destination import Destination

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from provender.plugin.offline_store import OfflineStore
    from provender.plugin.reading import Estimate, HistoricalPlan, Spine


class RetrievalJob:
    """The training rows that were asked for, not yet read.

    The result has one row per entity row, in their order: their columns, then the features.
    Each method runs the query anew.

    Where the store can write results itself (`OfflineStore.destinations`), the job has a method
    ``to_KIND(name, replace=False)`` for each kind, such as ``to_bigquery("marts.training")``.

    Args:
        store: The offline store.
        plan: The join.
        spine: The entity rows.
    """

    def __init__(self, store: OfflineStore, plan: HistoricalPlan, spine: Spine) -> None:
        self._store = store
        self._plan = plan
        self._spine = spine

    def _run(self) -> pa.RecordBatchReader:
        return self._store.historical(self._plan, self._spine)

    @property
    def sql(self) -> str:
        """The query, in the SQL of the offline store.

        Raises:
            RequestError: The store speaks no SQL.
        """
        text = self._store.sql(self._plan, self._spine)
        if text is None:
            raise RequestError("the offline store of this project speaks no SQL")
        return text

    def estimate(self) -> Estimate:
        """Return what the query would cost, as far as the store can tell without running it."""
        return self._store.estimate(self._plan, self._spine)

    def persist(self, name: str, *, replace: bool = False) -> int:
        """Put the result into the store's own kind of place and return the number of rows.

        Args:
            name: A table of the warehouse.
            replace: Whether what is there gives way.

        Raises:
            RequestError: The store writes no results, or something is there already.
        """
        kinds = self._store.destinations
        return self._export(kinds[0] if kinds else "table", name, replace=replace)

    def _export(self, kind: str, name: str, *, replace: bool = False) -> int:
        return self._store.export(self._plan, self._spine, Destination(kind, name, replace))

    def __getattr__(self, name: str) -> Callable[..., int]:
        """Return ``to_KIND`` for a kind of destination that the store has.

        Raises:
            AttributeError: It has no such kind.
        """
        kind = name.removeprefix("to_")
        if name != kind and kind in self._store.destinations:
            return partial(self._export, kind)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def to_batches(self) -> Iterator[pa.RecordBatch]:
        """Return the result batch by batch; memory is bounded by the store's settings."""
        with self._run() as reader:
            yield from reader

    def to_arrow(self) -> pa.Table:
        """Return the result as a table."""
        with self._run() as reader:
            return reader.read_all()

    def to_df(self) -> pd.DataFrame:
        """Return the result as a pandas DataFrame with a new index; see `provender.frames`."""
        return to_frame(self.to_arrow())

    def to_parquet(self, path: str | Path) -> int:
        """Write the result to a Parquet file and return the number of rows.

        The file appears when it is complete; a query that fails leaves what was there.
        """
        import pyarrow.parquet as pq

        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{target.name}.unfinished")
        rows = 0
        try:
            with self._run() as reader, pq.ParquetWriter(unfinished, reader.schema) as writer:
                for batch in reader:
                    writer.write_batch(batch)
                    rows += batch.num_rows
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)
        return rows
