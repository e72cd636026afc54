"""Saved datasets: training rows that are kept, to be found, read, checked and made again."""

from provender.datasets.comparing import Comparison, Difference, Retyped
from provender.datasets.dataset import RebuiltAsNow, SavedDataset
from provender.datasets.storage import (
    SavedDatasetFileStorage,
    SavedDatasetStorage,
    SavedDatasetTableStorage,
    Storage,
)
from provender.datasets.usefulness import FeatureUsefulness, Usefulness

__all__ = [
    "Comparison",
    "Difference",
    "FeatureUsefulness",
    "RebuiltAsNow",
    "Retyped",
    "SavedDataset",
    "SavedDatasetFileStorage",
    "SavedDatasetStorage",
    "SavedDatasetTableStorage",
    "Storage",
    "Usefulness",
]
