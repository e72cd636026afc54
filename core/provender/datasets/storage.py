"""Where the rows of a saved dataset are: a Parquet file, or a table of the warehouse."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from provender.definitions import DataSource, TableSource
from provender.errors import PluginError, RequestError, listed, value_text
from provender.plugin.contract.destination import Destination
from provender.project_context import ProjectContext

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import pyarrow as pa

    from provender.datasets.digest import Content
    from provender.offline.retrieval_job import RetrievalJob

FILE = "file"
"""The kind of storage that is a Parquet file; all others are kinds of destinations."""
_ALLOWED = "the path or URL of a .parquet file, or SavedDatasetTableStorage('schema.table')"


@dataclass(frozen=True, slots=True)
class SavedDatasetFileStorage:
    """Rows in one Parquet file.

    Attributes:
        path: A path that ends with ``.parquet``, relative to the feature repository, or a URL that
            pyarrow's filesystems write (``s3://``, ``gs://``, …).
    """

    path: str | Path


@dataclass(frozen=True, slots=True)
class SavedDatasetTableStorage:
    """Rows in a table that the warehouse itself writes; they are not kept in an order.

    Attributes:
        table: The table, as a source of the warehouse names it.
        kind: One of the kinds of `OfflineStore.destinations`; None: the store's own.
    """

    table: str
    kind: str | None = None


SavedDatasetStorage = SavedDatasetFileStorage | SavedDatasetTableStorage | str | Path
"""How storage is given; text is the path or URL of a file."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A place as it is recorded.

    Attributes:
        kind: ``file``, or a kind of destination such as ``bigquery``.
        place: The path, URL or table.
    """

    kind: str
    place: str

    def __str__(self) -> str:
        return self.place if self.kind == FILE else f"{self.kind} table {self.place}"


class Unpublished(Protocol):
    """Rows that are about to be put at their place."""

    def put(self) -> None:
        """Put them there, whole or not at all.

        Raises:
            RequestError: Something is there, and is not to be replaced.
            StoreError: They cannot be written.
        """

    def content(self) -> Content:
        """Return what the rows hold that were put there."""


class Place(Protocol):
    """Where rows of a dataset are written, read and removed."""

    def prepared(self, job: RetrievalJob, *, replace: bool) -> AbstractContextManager[Unpublished]:
        """Prepare all that can fail before what is at the place gives way.

        Raises:
            RequestError: Something is there and is not to be replaced, or a column cannot be kept.
        """

    def read(self, schema: pa.Schema) -> pa.RecordBatchReader:
        """Return the rows with the columns of a schema, streamed.

        Raises:
            SourceError: They are not there, or have other columns.
        """

    def remove(self) -> None:
        """Remove the rows, if they are there."""


def to_storage(given: SavedDatasetStorage, project: ProjectContext) -> Storage:
    """Return storage as it is recorded.

    Raises:
        RequestError: It is not storage, or the offline store writes no such tables.
    """
    if isinstance(given, SavedDatasetTableStorage):
        return Storage(_table_kind(given, project), given.table)
    path = given.path if isinstance(given, SavedDatasetFileStorage) else given
    if isinstance(path, str | Path) and str(path).partition("?")[0].endswith(".parquet"):
        return Storage(FILE, _plain(str(path)))
    raise RequestError(
        "rows cannot be stored there",
        got=value_text(given if isinstance(given, str) else str(given)),
        allowed=_ALLOWED,
    )


def _plain(path: str) -> str:
    """Return the path of a ``file://`` URL; anything else as it is."""
    return unquote(urlsplit(path).path) if path.startswith("file://") else path


def place_of(storage: Storage, project: ProjectContext) -> Place:
    """Return what writes, reads and removes the rows at a place.

    Raises:
        PluginError: No provider in use knows such tables.
    """
    from provender.datasets.file_place import FilePlace
    from provender.datasets.table_place import TablePlace

    if storage.kind == FILE:
        return FilePlace(storage.place, project.config.repo_path)
    kind = project.stores.plugins.source_class(storage.kind)
    return TablePlace(project.stores.offline, Destination(storage.kind, storage.place), kind)


def check_not_a_source(storage: Storage, project: ProjectContext) -> None:
    """Check that no data source of the catalog has its rows at a place.

    Raises:
        RequestError: One has: its rows would be replaced.
    """
    place = resolved(storage, project)
    for name, source in project.refresh().sources.items():
        if resolved(_of_source(source.stored), project) == place:
            raise RequestError(
                f"data source {name!r} has its rows at the place of the saved dataset",
                got=str(storage),
                fix="choose another place",
            )


def _of_source(source: DataSource) -> Storage:
    return Storage(source.kind, source.location())


def resolved(storage: Storage, project: ProjectContext) -> Storage:
    """Return a place under a name that it has alone: a path in full."""
    if storage.kind != FILE or "://" in storage.place:
        return storage
    path = (project.config.repo_path / Path(storage.place).expanduser()).resolve()
    return Storage(FILE, str(path))


def _table_kind(given: SavedDatasetTableStorage, project: ProjectContext) -> str:
    """Return the kind of destination that a table is.

    Raises:
        RequestError: The offline store writes no such tables.
    """
    offered = project.stores.offline.destinations
    tables = [kind for kind in offered if _is_table(kind, project)]
    if given.kind in (None, *tables) and tables:
        return given.kind or tables[0]
    raise RequestError(
        "the offline store writes no such tables",
        got=f"table {given.table!r}" + (f" of kind {given.kind!r}" if given.kind else ""),
        allowed=f"kinds of tables: {listed(tables)}",
        fix="name another kind" if tables else "store the rows in a Parquet file",
    )


def _is_table(kind: str, project: ProjectContext) -> bool:
    """Return whether a kind of destination is also one of sources, by their table."""
    try:
        return issubclass(project.stores.plugins.source_class(kind), TableSource)
    except PluginError:
        return False
