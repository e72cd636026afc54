"""A registry in an SQL database."""

from provender_feast.repo_config import SqlRegistryConfig

__all__ = ["SqlRegistryConfig"]
