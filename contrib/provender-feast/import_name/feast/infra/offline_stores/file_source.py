"""Parquet files."""

from provender_feast.definitions import FileLoggingDestination, FileSource
from provender_feast.saved_datasets import SavedDatasetFileStorage

__all__ = ["FileLoggingDestination", "FileSource", "SavedDatasetFileStorage"]
