"""The steps of a story: what people do to a feature store, as plain data."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from provender.clock import from_us
from provender.plugin import Role
from provender.plugin.contract.plan import CREATED_TIMESTAMP, EVENT_TIMESTAMP
from provender.store import FeatureStore
from provender.testing.oracle.rows import table_of
from provender.testing.stateful.scenario import (
    CREATED,
    EVENT,
    PUSHED,
    Definition,
    Scenario,
    StoryRow,
)


@dataclass(frozen=True)
class Step(ABC):
    """One step; `calls` are the calls of stores at which trouble may come."""

    calls: ClassVar[Sequence[tuple[Role, str]]]

    @abstractmethod
    def run(self, store: FeatureStore, shape: Scenario) -> None:
        """Take the step."""


@dataclass(frozen=True)
class Append(Step):
    """Rows are added to the source."""

    calls: ClassVar[Sequence[tuple[Role, str]]] = [("offline", "append")]
    rows: tuple[StoryRow, ...]

    def run(self, store: FeatureStore, shape: Scenario) -> None:
        """Append the rows."""
        table = table_of([row.columns(shape) for row in self.rows], shape.schema)
        store.stores.offline.append(shape.source, table)


@dataclass(frozen=True)
class Push(Step):
    """Rows, none with a null in its key, are pushed ``online``, ``offline`` or to ``both``."""

    calls: ClassVar[Sequence[tuple[Role, str]]] = [
        ("online", "write"),
        ("offline", "append"),
        ("online", "prepare"),
        ("offline", "schema"),
        ("registry", "read"),
    ]
    rows: tuple[StoryRow, ...]
    to: str

    def run(self, store: FeatureStore, shape: Scenario) -> None:
        """Push the rows."""
        table = table_of([row.columns(shape) for row in self.rows], shape.schema)
        store.push(PUSHED, table, to=self.to)


@dataclass(frozen=True)
class Materialize(Step):
    """Rows between two instants (µs) are moved."""

    calls: ClassVar[Sequence[tuple[Role, str]]] = [
        ("online", "write"),  # several times: here most can go wrong
        ("online", "write"),
        ("online", "write"),
        ("registry", "replace"),
        ("offline", "latest"),
        ("online", "prepare"),
        ("registry", "read"),
    ]
    start: int
    end: int

    def run(self, store: FeatureStore, shape: Scenario) -> None:
        """Materialize."""
        store.materialize(from_us(self.start), from_us(self.end))


@dataclass(frozen=True)
class Incremental(Step):
    """What is not yet online up to an instant (µs) is moved."""

    calls: ClassVar[Sequence[tuple[Role, str]]] = Materialize.calls
    end: int

    def run(self, store: FeatureStore, shape: Scenario) -> None:
        """Materialize incrementally."""
        store.materialize_incremental(from_us(self.end))


@dataclass(frozen=True)
class Apply(Step):
    """The view is registered."""

    calls: ClassVar[Sequence[tuple[Role, str]]] = [
        ("registry", "write"),
        ("registry", "replace"),
        ("online", "prepare"),
        ("online", "drop"),
        ("offline", "schema"),
        ("registry", "read"),
    ]
    features: tuple[str, ...]
    ttl: int | None

    def run(self, store: FeatureStore, shape: Scenario) -> None:
        """Apply."""
        store.apply(shape.definitions(Definition(self.features, self.ttl)))


def moved_rows(rows: Sequence[StoryRow], shape: Scenario) -> list[dict[str, Any]]:
    """Return pushed rows as they are written online: under the names of `latest`."""
    found = []
    for row in rows:
        columns = row.columns(shape)
        created = columns.pop(CREATED) if shape.created else None
        stamps = {EVENT_TIMESTAMP: columns.pop(EVENT), CREATED_TIMESTAMP: created}
        found.append(stamps | columns)
    return found


def to_json(step: Step) -> dict[str, Any]:
    """Return a step as plain JSON data."""
    return {"step": type(step).__name__, **json.loads(json.dumps(asdict(step)))}


def from_json(values: Mapping[str, Any]) -> Step:
    """Return the step that `to_json` wrote."""
    kinds: dict[str, type[Step]] = {
        kind.__name__: kind for kind in (Append, Push, Materialize, Incremental, Apply)
    }
    found = {name: _tupled(value) for name, value in values.items() if name != "step"}
    if "rows" in found:
        rows = [{**row, "key": tuple(row["key"])} for row in values["rows"]]
        found["rows"] = tuple(StoryRow(**row) for row in rows)
    return kinds[values["step"]](**found)


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
