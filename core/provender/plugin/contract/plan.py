"""What is requested of an offline store: columns of a source, windows of time, the spine, the join.

All instants are µs since 1970 in UTC; every window includes both its ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from provender.definitions.source import DataSource
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a source, the name that it gets in the result, and its type."""

    source: str
    name: str
    type: FeatureType


@dataclass(frozen=True, slots=True)
class SourceRead:
    """The columns of one source that a view needs.

    Attributes:
        source: Where the rows are.
        keys: The join keys, in the order of the view's entities.
        features: The features to read.
        timestamp: The source's column with the event timestamp.
        created: The source's column with the created timestamp, if it has one.
        pushed: Whether rows are pushed to the source: as long as it raises `NoDataYet`, it has no
            rows, rather than failing.
    """

    source: DataSource
    keys: tuple[Column, ...]
    features: tuple[Column, ...]
    timestamp: str
    created: str | None = None
    pushed: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """The rows of a read: ``start <= event timestamp <= end``, both included.

    Attributes:
        start: First event timestamp in µs; None: from the beginning.
        end: Last event timestamp in µs; None: to the end.
        late_since: Rows created at or after this timestamp (µs) are read even if their event
            timestamp is before `start`, though never after `end`; so are rows without a created
            timestamp.
        known_at: Rows created after this timestamp (µs) are ignored.
    """

    start: int | None = None
    end: int | None = None
    late_since: int | None = None
    known_at: int | None = None


@dataclass(frozen=True, slots=True)
class Partition:
    """A part of the keys of a read; each key belongs to exactly one.

    Attributes:
        number: Which part it is, from 0.
        count: How many parts there are.
        token: What the store needs to find the part, such as the name of a stream.
    """

    number: int = 0
    count: int = 1
    token: str | None = None

    def __str__(self) -> str:
        return f"partition {self.number + 1} of {self.count}"


WHOLE = Partition()
"""All keys."""


@dataclass(frozen=True, slots=True)
class TableSpine:
    """Entity rows given as an Arrow table; its timestamp column is ``timestamp[us, UTC]``."""

    table: pa.Table


@dataclass(frozen=True, slots=True)
class ParquetSpine:
    """Entity rows in a Parquet file, directory or glob that the store can read."""

    path: str


@dataclass(frozen=True, slots=True)
class SqlSpine:
    """Entity rows as the result of a query in the store's own SQL."""

    text: str


Spine = TableSpine | ParquetSpine | SqlSpine


@dataclass(frozen=True, slots=True)
class ViewJoin:
    """One view of a point-in-time join.

    Attributes:
        view: The view's name, for messages.
        read: Its source and columns.
        spine_keys: The spine's column for each of ``read.keys``.
        outputs: The result's column for each of ``read.features``.
        ttl: How long a row is valid in µs; None or 0: for ever.
    """

    view: str
    read: SourceRead
    spine_keys: tuple[str, ...]
    outputs: tuple[str, ...]
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class HistoricalPlan:
    """A point-in-time join: what to add to every row of a spine.

    The result has one row per spine row, in the spine's order, with the columns of the spine
    followed by the outputs of each join. A source row matches a spine row when the keys are
    equal and ``q - ttl <= ts <= q``; the latest ``ts`` wins, then the latest created timestamp
    (null is earliest), then deterministically whatever the physical order. A null in a key or
    in ``q`` matches nothing. No match gives nulls.

    Attributes:
        timestamp: The spine's column with the timestamp ``q`` of each row.
        spine_columns: The spine's columns, in order.
        joins: The views to join.
        known_at: Source rows created after this timestamp (µs) are ignored. A string is the
            spine's column with the timestamp of each row; a null there matches nothing.
        spine_types: Types that the store must read spine columns as, by column: those that are
            join keys.
    """

    timestamp: str
    spine_columns: tuple[str, ...]
    joins: tuple[ViewJoin, ...]
    known_at: int | str | None = None
    spine_types: Mapping[str, FeatureType] = field(default_factory=dict)

    def instant_columns(self) -> tuple[str, ...]:
        """Return the spine's timestamp columns: `timestamp`, and `known_at` if it is one."""
        known = (self.known_at,) if isinstance(self.known_at, str) else ()
        return tuple(dict.fromkeys((self.timestamp, *known)))

    def needed_columns(self) -> list[str]:
        """Return the spine's columns that the join needs: its keys and its timestamps."""
        needed = {*self.instant_columns(), *(key for join in self.joins for key in join.spine_keys)}
        return [name for name in self.spine_columns if name in needed]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a query would cost.

    Attributes:
        rows: Rows read, if known.
        bytes: Bytes read, if known.
        price: Price in `currency`, if known.
        currency: ISO 4217 code.
    """

    rows: int | None = None
    bytes: int | None = None
    price: float | None = None
    currency: str = "USD"


EVENT_TIMESTAMP = "__event_timestamp"
"""The result column of `latest` and `rows` that holds the event timestamp."""
CREATED_TIMESTAMP = "__created_timestamp"
"""The result column of `latest` and `rows` that holds the created timestamp, or null."""


def read_schema(read: SourceRead) -> pa.Schema:
    """Return the Arrow schema of what `latest` and `rows` give for `read`.

    The event and created timestamps (``timestamp[us, UTC]``) come first, then the keys, then
    the features, under their wanted names and exact types.
    """
    import pyarrow as pa

    instant = pa.timestamp("us", "UTC")
    columns = [(column.name, column.type.arrow()) for column in (*read.keys, *read.features)]
    return pa.schema([(EVENT_TIMESTAMP, instant), (CREATED_TIMESTAMP, instant), *columns])
