"""The settings of the local provider's stores."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from provender.plugin import StoreConfig

_SIZE = re.compile(r"\d+(\.\d+)?\s*([KMGT]i?B|B)", re.IGNORECASE)
_SHARE = re.compile(r"\d+(\.\d+)?\s*%")


def _size(text: str) -> str:
    if not _SIZE.fullmatch(text.strip()):
        raise ValueError("a size has a number and a unit, such as 500MB or 2GiB")
    return text.strip()


def _memory(text: str) -> str:
    return text.strip() if _SHARE.fullmatch(text.strip()) else _size(text)


class DuckDBConfig(StoreConfig):
    """Settings of the ``duckdb`` offline store.

    Attributes:
        memory_limit: The most memory that a query may use before it spills to disk; also a share
            of the machine's, as ``50%``.
        threads: The most threads; None: as many as there are processors.
        temp_directory: Where a query spills; None: the system's temporary directory.
        max_spill: The most that queries spill together; None: half of what is free there.
    """

    memory_limit: Annotated[str, AfterValidator(_memory)] = "1GB"
    threads: int | None = None
    temp_directory: str | None = None
    max_spill: Annotated[str, AfterValidator(_size)] | None = None


class SqliteConfig(StoreConfig):
    """Settings of the ``sqlite`` online store.

    Attributes:
        path: The database file, relative to feature_store.yaml.
        timeout_seconds: How long to wait for another writer.
    """

    path: Annotated[str, Field(min_length=1)] = "data/online_store.db"
    timeout_seconds: float = 30.0


class FileRegistryConfig(StoreConfig):
    """Settings of the ``file`` registry: one SQLite file.

    Attributes:
        path: The file, relative to feature_store.yaml.
        timeout_seconds: How long to wait for another writer.
    """

    path: Annotated[str, Field(min_length=1)] = "data/registry.db"
    timeout_seconds: float = 30.0


class SqlRegistryConfig(StoreConfig):
    """Settings of the ``sql`` registry: any database that SQLAlchemy reaches.

    Attributes:
        url: An SQLAlchemy URL; the relative path of an SQLite file starts at feature_store.yaml.
        timeout_seconds: How long to wait for another writer, or for a server to answer.
    """

    url: str
    timeout_seconds: float = 30.0
