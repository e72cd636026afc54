"""Readers that release what their rows come from when they are closed.

The `close` of a reader that Arrow makes of a Python iterator does nothing: a session, file or
connection behind it stays open until the last reference to the reader is gone, and the traceback of
an error keeps one. So a store makes its readers by `reader_of`, and they are read in `reading`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    import pyarrow as pa

Rows = TypeVar("Rows")


class Closable(Protocol):
    """What can be closed; twice is allowed."""

    def close(self) -> None:
        """Release what is held."""


def reader_of(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], *sources: Closable
) -> pa.RecordBatchReader:
    """Return batches as a reader.

    The batches, if they are a generator, and then the sources are closed at the end of the rows, by
    an error, at the end of `reading`, or with the last reference to the reader.

    Args:
        schema: The columns.
        batches: The rows.
        sources: What the rows come from: sessions, files, other readers.
    """
    import pyarrow as pa

    rows = _Batches(batches, sources)
    reader = pa.RecordBatchReader.from_batches(schema, rows)
    _BEHIND[reader] = rows
    return reader


@contextmanager
def reading(rows: Rows) -> Iterator[Rows]:
    """Yield a reader or a generator and close it, and what its rows come from, whatever happens.

    A reader that was not made by `reader_of` is closed as Arrow does.
    """
    try:
        yield rows
    except BaseException:
        with suppress(Exception):  # the error that is raised already says more
            close(rows)
        raise
    close(rows)


class _Batches(Iterator["pa.RecordBatch"]):
    """Batches, and what is closed after them."""

    def __init__(self, batches: Iterable[pa.RecordBatch], sources: Iterable[Closable]) -> None:
        self._batches = iter(batches)
        self._sources = (*sources,)
        self._closed = False

    def __next__(self) -> pa.RecordBatch:
        if self._closed:
            import pyarrow as pa

            raise pa.ArrowInvalid("the reader is closed")
        try:
            return next(self._batches)
        except BaseException:
            self._release()
            raise

    def close(self) -> None:
        self._closed = True
        self._release()

    def __del__(self) -> None:
        self._release()

    def _release(self) -> None:
        held: tuple[Any, ...] = (self._batches, *self._sources)
        self._batches, self._sources = iter(()), ()
        with ExitStack() as stack:
            for source in reversed(held):
                stack.callback(close, source)


_BEHIND: WeakKeyDictionary[pa.RecordBatchReader, _Batches] = WeakKeyDictionary()
"""What is behind each reader: Arrow gives it no attribute for that."""


def close(source: Any) -> None:
    """Close a reader with what is behind it, or anything else that can be closed."""
    import pyarrow as pa

    if isinstance(source, pa.RecordBatchReader) and (behind := _BEHIND.get(source)) is not None:
        behind.close()
    if hasattr(source, "close"):
        source.close()
