"""`FilePlace`: rows of a dataset in one Parquet file, on a disk or at a URL."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from provender.datasets.digest import Content, digesting
from provender.errors import RequestError, SourceError, StoreError
from provender.plugin.kit.arrow_cast import cast_rows
from provender.plugin.kit.readers import reader_of, reading

if TYPE_CHECKING:
    import pyarrow as pa

    from provender.offline.retrieval_job import RetrievalJob


class FilePlace:
    """A Parquet file; it appears when it is complete.

    Args:
        path: A path, or a URL.
        root: Where a relative path starts.
    """

    def __init__(self, path: str, root: Path) -> None:
        self._path = path
        self._url = "://" in path
        self._local = root / Path(path).expanduser()

    @contextmanager
    def prepared(self, job: RetrievalJob, *, replace: bool) -> Iterator[_UnpublishedFile]:
        """Write the rows of a job to a file that nobody reads yet."""
        self.check_free(replace=replace)
        with self._beside() as unfinished:
            content = _written(job, unfinished)
            yield _UnpublishedFile(self, unfinished, content, replace)

    def check_free(self, *, replace: bool) -> None:
        """Check that a file can be written here.

        Raises:
            RequestError: There is one and it is not to be replaced, or there is a folder.
        """
        filesystem, path = self._filesystem()
        with _errors(self._path):
            found = filesystem.get_file_info(path)
        if found.type.name == "Directory":
            raise RequestError("there is a folder at the path of the file", got=self._path)
        if found.is_file and not replace:
            raise _taken(self._path)

    def put(self, unfinished: Path, *, replace: bool) -> None:
        """Let a complete file be the one at this place.

        Raises:
            RequestError: There is one meanwhile, and it is not to be replaced.
            StoreError: It cannot be written.
        """
        with _errors(self._path):
            if self._url:
                from pyarrow import fs

                self.check_free(replace=replace)
                filesystem, path = self._filesystem()
                fs.copy_files(
                    str(unfinished),
                    path,
                    source_filesystem=fs.LocalFileSystem(),
                    destination_filesystem=filesystem,
                )
                return
            if not replace:
                self._claim()
            unfinished.replace(self._local)

    def read(self, schema: pa.Schema) -> pa.RecordBatchReader:
        """Return the rows in the order in which they were written."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        filesystem, path = self._filesystem()
        try:
            opened = filesystem.open_input_file(path)
        except FileNotFoundError as error:
            raise SourceError(
                "the file of the saved dataset is not there",
                got=self._path,
                fix="create the dataset again, or delete it",
            ) from error
        except (pa.ArrowException, OSError) as error:
            raise _unreadable(self._path, error) from error
        try:
            file = pq.ParquetFile(opened)
        except (pa.ArrowException, OSError) as error:
            opened.close()
            raise _unreadable(self._path, error) from error
        return reader_of(schema, _batches(file, schema, self._path), opened)

    def remove(self) -> None:
        """Remove the file."""
        filesystem, path = self._filesystem()
        with _errors(self._path):
            if filesystem.get_file_info(path).is_file:
                filesystem.delete_file(path)

    def _claim(self) -> None:
        """Make an empty file, unless somebody else just made one."""
        try:
            self._local.open("xb").close()
        except FileExistsError as error:
            raise _taken(self._path) from error

    @contextmanager
    def _beside(self) -> Iterator[Path]:
        """Yield a path for the file while it is incomplete: on the same disk, if it has one."""
        if self._url:
            with TemporaryDirectory(prefix="provender-") as folder:
                yield Path(folder) / "rows.parquet"
            return
        with _errors(self._path):
            self._local.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._local.with_name(f".{self._local.name}.{uuid.uuid4().hex}")
        try:
            yield unfinished
        finally:
            unfinished.unlink(missing_ok=True)

    def _filesystem(self) -> tuple[Any, str]:
        import pyarrow as pa
        from pyarrow import fs

        if not self._url:
            return fs.LocalFileSystem(), str(self._local)
        try:
            found: tuple[Any, str] = fs.FileSystem.from_uri(self._path)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise RequestError(
                "the URL of the file cannot be used", got=f"{self._path}: {error}"
            ) from error
        return found


@dataclass(frozen=True, slots=True)
class _UnpublishedFile:
    """A complete file that is not at its place yet."""

    place: FilePlace
    unfinished: Path
    found: Content
    replace: bool

    def put(self) -> None:
        self.place.put(self.unfinished, replace=self.replace)

    def content(self) -> Content:
        return self.found


def _written(job: RetrievalJob, file: Path) -> Content:
    """Write the rows of a job to a file and return what they hold."""
    with reading(job.to_reader()) as reader, _writer(file, reader.schema) as writer:
        with digesting(reader.schema) as digest:
            for batch in reader:
                digest.add(batch)
                writer.write_batch(batch)
        return digest.content()


@contextmanager
def _writer(file: Path, schema: pa.Schema) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        writer = pq.ParquetWriter(file, schema)
    except pa.ArrowException as error:
        raise RequestError(
            "a column cannot be kept in a Parquet file",
            got=str(error),
            fix="convert it, or leave it out of the entity rows",
        ) from error
    with writer:
        yield writer


def _batches(file: Any, schema: pa.Schema, path: str) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    missing = [name for name in schema.names if name not in file.schema_arrow.names]
    if missing:
        raise _unreadable(path, f"it has no column {missing[0]!r}")
    try:
        for batch in file.iter_batches(columns=None):
            yield cast_rows(batch.select(schema.names), schema)
    except (pa.ArrowException, OSError) as error:
        raise _unreadable(path, error) from error


@contextmanager
def _errors(path: str) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise StoreError(
            "the file of the saved dataset cannot be written", got=f"{path}: {error}"
        ) from error


def _taken(path: str) -> RequestError:
    return RequestError(
        "there is a file at the place of the saved dataset",
        got=path,
        fix="choose another place, or pass allow_overwrite=True",
    )


def _unreadable(path: str, reason: object) -> SourceError:
    return SourceError(
        "the file of the saved dataset cannot be read",
        got=f"{path}: {reason}",
        fix="create the dataset again, or delete it",
    )
