"""The offline store of Parquet files."""

from provender_feast.repo_config import DaskOfflineStoreConfig

__all__ = ["DaskOfflineStoreConfig"]
