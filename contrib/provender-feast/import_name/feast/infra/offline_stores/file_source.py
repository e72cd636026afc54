"""Parquet files."""

from provender_feast.definitions import FileLoggingDestination, FileSource

__all__ = ["FileLoggingDestination", "FileSource"]
