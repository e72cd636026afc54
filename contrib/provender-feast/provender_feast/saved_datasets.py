"""`SavedDataset`: training rows that are kept, as Feast returns them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from provender_feast.errors import as_feasts

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from provender.datasets import SavedDataset as Ours


@dataclass(frozen=True)
class SavedDatasetFileStorage:
    """A Parquet file that rows are stored in.

    Attributes:
        path: The file, relative to the feature repository, or a URL.
    """

    path: str


class SavedDataset:
    """Rows that were saved.

    Args:
        dataset: Provender's dataset.
        storage: Where its rows are, if that is at hand.

    Attributes:
        dataset: Provender's dataset.
    """

    def __init__(self, dataset: Ours, storage: SavedDatasetFileStorage | None = None) -> None:
        self.dataset = dataset
        self.storage = storage
        self.name = dataset.name
        self.tags = dataset.tags
        self.created_timestamp = dataset.created_timestamp

    def __repr__(self) -> str:
        return f"<SavedDataset {self.name!r}>"

    def to_df(self) -> pd.DataFrame:
        """Return the rows as a pandas DataFrame."""
        with as_feasts():
            return self.dataset.to_df()

    def to_arrow(self) -> pa.Table:
        """Return the rows as an Arrow table."""
        with as_feasts():
            return self.dataset.to_arrow()
