"""Appending rows to Parquet: a new file in a folder, or a single file that is written anew."""

from __future__ import annotations

import fcntl
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from provender.plugin import cast_rows

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq


def append_to_folder(folder: Path, rows: pa.Table) -> None:
    """Add a file with `rows` to a folder; it appears whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    with _replacing(folder / f"appended-{uuid.uuid4().hex}.parquet") as unfinished:
        pq.write_table(rows, unfinished)


def append_to_file(file: Path, rows: pa.Table) -> None:
    """Replace a file by one that has `rows` too, whole or not at all.

    Who appends at the same time waits, since the rows of the one who was first would be lost
    otherwise. Readers see the file as it was or as it is. It is copied by row groups, so that
    memory is bounded by the largest of them.

    Args:
        file: The Parquet file; it may be a link, which stays.
        rows: The rows; their columns have the names of the file's.

    Raises:
        OSError: It cannot be read or written.
        SourceError: A value does not fit into the type of its column.
    """
    import pyarrow.parquet as pq

    file = file.resolve()
    with _locked(file), pq.ParquetFile(file) as stored:
        schema = stored.schema_arrow
        added = cast_rows(rows.select(schema.names), schema)
        with _replacing(file) as unfinished:
            with pq.ParquetWriter(unfinished, schema) as writer:
                _copy(stored, writer)
                writer.write_table(added)
            shutil.copymode(file, unfinished)


def _copy(stored: pq.ParquetFile, writer: pq.ParquetWriter) -> None:
    for group in range(stored.num_row_groups):
        writer.write_table(stored.read_row_group(group).cast(writer.schema))


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Keep other appenders out, those of other processes too.

    The lock is on a file of its own that stays, since the file of the rows is replaced.
    """
    with file.with_name(f".{file.name}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go of when it is closed, or its process dies
        yield


@contextmanager
def _replacing(file: Path) -> Iterator[Path]:
    """Yield where to write what replaces `file` at the end of the block."""
    unfinished = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        yield unfinished
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
