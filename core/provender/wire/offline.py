"""Requests of an offline store over Arrow Flight, as msgpack.

Each is one exchange: its descriptor is an `Ask`, the rows that go with it (entity rows, or rows to
append) are uploaded, and the answer is a stream of rows, or a table with one cell, ``answer``, that
holds msgpack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

if TYPE_CHECKING:
    import pyarrow as pa

ANSWER: Final = "answer"
DEFAULT_PORT: Final = 6567
Operation = Literal[
    "schema",
    "spine_schema",
    "historical",
    "latest",
    "rows",
    "append",
    "sql",
    "estimate",
    "export",
    "remove",
    "destinations",
]
WRITING: Final = frozenset({"append", "export", "remove"})
"""The operations that need the scope ``write``."""


class Ask(msgspec.Struct, omit_defaults=True):
    """One request.

    Attributes:
        operation: A method of `OfflineStore`.
        source: The document of a source.
        read: A `SourceRead`, as `read_document` writes it.
        window: The values of a `Window`.
        plan: A `HistoricalPlan`, as `plan_document` writes it.
        query: The text of a `SqlSpine`; None: the entity rows are uploaded.
        uploads: Whether rows are uploaded.
        destination: The values of a `Destination`.
    """

    operation: Operation
    source: dict[str, Any] | None = None
    read: dict[str, Any] | None = None
    window: list[int | None] | None = None
    plan: dict[str, Any] | None = None
    query: str | None = None
    uploads: bool = False
    destination: tuple[str, str, bool] | None = None


def encode(value: Any) -> bytes:
    """Return a request or an answer as bytes."""
    return msgspec.msgpack.encode(value)


def decode_ask(body: bytes) -> Ask:
    """Return a request.

    Raises:
        msgspec.MsgspecError: It is none.
    """
    return msgspec.msgpack.decode(body, type=Ask)


def answer_table(value: Any) -> pa.Table:
    """Return an answer that is no rows as a table of one cell."""
    import pyarrow as pa

    return pa.table({ANSWER: pa.array([encode(value)], pa.binary())})


def answer_of(table: pa.Table) -> Any:
    """Return what `answer_table` wrote."""
    return msgspec.msgpack.decode(table.column(ANSWER)[0].as_py())


def read_document(read: Any) -> dict[str, Any]:
    """Return a `SourceRead` as plain data."""
    return {
        "source": read.source.to_document(),
        "keys": [_column(column) for column in read.keys],
        "features": [_column(column) for column in read.features],
        "timestamp": read.timestamp,
        "created": read.created,
        "pushed": read.pushed,
    }


def plan_document(plan: Any) -> dict[str, Any]:
    """Return a `HistoricalPlan` as plain data."""
    joins = [
        {
            "view": join.view,
            "read": read_document(join.read),
            "spine_keys": list(join.spine_keys),
            "outputs": list(join.outputs),
            "ttl": join.ttl,
        }
        for join in plan.joins
    ]
    return {
        "timestamp": plan.timestamp,
        "spine_columns": list(plan.spine_columns),
        "joins": joins,
        "known_at": plan.known_at,
        "spine_types": {name: str(kind) for name, kind in plan.spine_types.items()},
    }


def window_values(window: Any) -> list[int | None]:
    """Return the values of a `Window`."""
    return list(astuple(window))


def _column(column: Any) -> list[str]:
    return [column.source, column.name, str(column.type)]


SourceOf = Callable[[Mapping[str, Any]], Any]
"""Returns the source that a document describes."""
