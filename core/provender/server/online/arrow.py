"""Online reads in Arrow: entity rows in, a table of exact types out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from provender.errors import RequestError, listed
from provender.names import repeated
from provender.online.response import STATUS, TIMESTAMP, OnlineResponse
from provender.server.http.errors import check_row_count
from provender.wire.arrow_stream import read_stream, write_stream

if TYPE_CHECKING:
    import pyarrow as pa


def entity_columns(body: bytes, most: int) -> dict[str, list[Any]]:
    """Return the entity rows of an Arrow stream by column.

    Raises:
        RequestError: It is none, or two columns have the same name.
        TooLarge: It has more than `most` rows.
    """
    table = read_stream(body)
    check_row_count(table.num_rows, most)
    if twice := repeated(table.column_names):
        raise RequestError("the entity rows have two columns of the same name", got=listed(twice))
    return dict(zip(table.column_names, (c.to_pylist() for c in table.columns), strict=True))


def online_arrow(response: OnlineResponse, *, with_metadata: bool) -> bytes:
    """Return a response as an Arrow stream: the entity columns, then the features.

    Args:
        response: What was read.
        with_metadata: Add ``NAME__status`` (text) and ``NAME__ts`` (``timestamp[us, UTC]``, null
            where there is no row) for each feature.

    Raises:
        RequestError: One of these would have the name of another column.
    """
    response.check_added(statuses=with_metadata, timestamps=with_metadata)
    table = response.to_arrow()
    return write_stream(_with_metadata(table, response) if with_metadata else table)


def _with_metadata(table: pa.Table, response: OnlineResponse) -> pa.Table:
    import pyarrow as pa

    for view in response.views:
        events = pa.array(view.events, pa.timestamp("us", "UTC"))
        for place, name in enumerate(view.outputs):
            statuses = pa.array([status.value for status in view.status(place)], pa.string())
            table = table.append_column(name + STATUS, statuses)
            table = table.append_column(name + TIMESTAMP, events)
    return table
