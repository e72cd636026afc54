"""The format of files."""

from provender_feast.definitions import ParquetFormat

__all__ = ["ParquetFormat"]
