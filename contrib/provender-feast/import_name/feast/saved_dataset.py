"""Training rows that are kept."""

from provender_feast.saved_datasets import SavedDataset

__all__ = ["SavedDataset"]
