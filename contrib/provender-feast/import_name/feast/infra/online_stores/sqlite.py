"""The SQLite online store."""

from provender_feast.repo_config import SqliteOnlineStoreConfig

__all__ = ["SqliteOnlineStoreConfig"]
