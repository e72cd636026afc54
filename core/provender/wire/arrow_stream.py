"""Tables as Arrow IPC streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provender.errors import RequestError

if TYPE_CHECKING:
    import pyarrow as pa


def write_stream(table: pa.Table) -> bytes:
    """Return a table as an IPC stream."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    stream: bytes = sink.getvalue().to_pybytes()
    return stream


def read_stream(body: bytes) -> pa.Table:
    """Return the table of an IPC stream, whose buffers are checked.

    Raises:
        RequestError: It is none, or a damaged one.
    """
    import pyarrow as pa

    try:
        with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
            table = reader.read_all()
        table.validate(full=True)
    except (pa.ArrowException, ValueError, OSError) as error:
        raise RequestError(
            "the body is not an Arrow IPC stream",
            got=str(error)[:200],
            allowed="pyarrow.ipc.new_stream",
        ) from error
    return table
