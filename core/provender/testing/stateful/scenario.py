"""What a story is about: one source, one feature view over it, and the provider that holds them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provender.clock import from_us
from provender.definitions import DataSource, Entity, FeatureView, Field, PushSource
from provender.plugin import Column, SourceRead
from provender.types import FeatureType, Float64, Int64, String, UnixTimestamp

if TYPE_CHECKING:
    import pyarrow as pa

VIEW, PUSHED = "view", "pushed"
EVENT, CREATED = "event", "created"
FEATURES: Mapping[str, FeatureType] = {"v": Int64, "more": Float64, "note": String}
_KEYS: Mapping[int, list[tuple[str, ...]]] = {
    1: [("1",), ("12",), ("123",)],
    2: [("1", "23"), ("12", "3"), ("1", "2")],
}


@dataclass(frozen=True)
class StorySubject:
    """The provider that stories are told of.

    Attributes:
        config: feature_store.yaml without ``project``.
        source: Makes a source that rows can be appended to, given a name that no other story
            has and the created timestamp column, if it has one; its event timestamp is ``event``.
        empty: Removes all rows of the source, given the directory of feature_store.yaml and the
            source; None: no source is mended in the stories.
        tables: Names the tables in the online store, given that directory; None: it is only seen
            whether tables that nobody reads have rows.
        start: The instant around which stories happen, in µs; later than the present only when
            the stores do not look at the clock.
    """

    config: Mapping[str, Any]
    source: Callable[[str, str | None], DataSource]
    empty: Callable[[Path, DataSource], None] | None = None
    tables: Callable[[Path], Collection[str]] | None = None
    start: int = 1_704_110_400_000_000


@dataclass(frozen=True)
class Definition:
    """The feature view as it is registered at one point of a story.

    Attributes:
        features: The features that it has.
        ttl: Its time to live in µs; None: for ever.
    """

    features: tuple[str, ...] = ("v",)
    ttl: int | None = None


@dataclass(frozen=True)
class Scenario:
    """What stays as it is in the course of a story.

    Attributes:
        source: Where the rows are.
        parts: How many join keys the entity rows have: 1, or 2 that collide when concatenated.
        lookback: The overlap of incremental runs in µs.
    """

    source: DataSource
    parts: int = 1
    lookback: int = 0
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", ("a", "b")[: self.parts])

    @property
    def keys(self) -> list[tuple[str, ...]]:
        """The keys that rows of the story have, where none of their parts is null."""
        return _KEYS[self.parts]

    @property
    def created(self) -> bool:
        """Whether the source says when its rows were created."""
        return self.source.created_timestamp_column is not None

    @property
    def schema(self) -> pa.Schema:
        """The columns of the source."""
        import pyarrow as pa

        columns: dict[str, FeatureType] = dict.fromkeys(self.names, String) | dict(FEATURES)
        columns |= {EVENT: UnixTimestamp, CREATED: UnixTimestamp}
        return pa.schema([(name, kind.arrow()) for name, kind in columns.items()])

    def definitions(self, definition: Definition) -> list[Entity | FeatureView]:
        """Return what is registered."""
        entities = [Entity(name, join_keys=[name], value_type=String) for name in self.names]
        ttl = None if definition.ttl is None else timedelta(microseconds=definition.ttl)
        schema = [Field(name, FEATURES[name]) for name in definition.features]
        source = PushSource(PUSHED, batch_source=self.source)
        view = FeatureView(VIEW, source=source, schema=schema, entities=entities, ttl=ttl)
        return [*entities, view]

    def read(self, definition: Definition) -> SourceRead:
        """Return how the view reads its source, as the oracle understands it."""
        return SourceRead(
            self.source,
            tuple(Column(name, name, String) for name in self.names),
            tuple(Column(name, name, FEATURES[name]) for name in definition.features),
            EVENT,
            CREATED if self.created else None,
        )


@dataclass(frozen=True)
class StoryRow:
    """A row of the source, as plain data; instants in µs."""

    key: tuple[str | None, ...]
    event: int
    created: int | None
    v: int
    more: float | None = None
    note: str | None = None

    def columns(self, shape: Scenario) -> dict[str, Any]:
        """Return the row by the columns of the source."""
        created = None if self.created is None else from_us(self.created)
        stamps = {EVENT: from_us(self.event), CREATED: created}
        features = {"v": self.v, "more": self.more, "note": self.note}
        return dict(zip(shape.names, self.key, strict=True)) | features | stamps
