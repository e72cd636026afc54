"""Saved datasets: training rows that are kept, to be found, read, checked and made again."""

from provender.datasets.comparing import Comparison, Difference, Retyped
from provender.datasets.dataset import RebuiltAsNow, SavedDataset
from provender.datasets.storage import (
    SavedDatasetFileStorage,
    SavedDatasetStorage,
    SavedDatasetTableStorage,
    Storage,
)

__all__ = [
    "Comparison",
    "Difference",
    "RebuiltAsNow",
    "Retyped",
    "SavedDataset",
    "SavedDatasetFileStorage",
    "SavedDatasetStorage",
    "SavedDatasetTableStorage",
    "Storage",
]
