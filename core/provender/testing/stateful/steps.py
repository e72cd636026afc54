"""The steps of a story: what people do to a feature store, as plain data."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from provender.clock import from_us
from provender.errors import DataLoss
from provender.plugin import Role
from provender.plugin.contract.plan import CREATED_TIMESTAMP, EVENT_TIMESTAMP
from provender.store import FeatureStore
from provender.testing.oracle.rows import table_of
from provender.testing.stateful.scenario import (
    CREATED,
    EVENT,
    PUSHED,
    VIEW,
    Definition,
    Scenario,
    StoryRow,
)

OnlyOnlineRows = Literal["keep", "lose", "ask"]
"""What a rebuild does with rows that are only online; "ask": it is not done if there are some."""


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


_FILL_CALLS: Sequence[tuple[Role, str]] = [
    ("registry", "write"),  # the announcement and the switch: here most can go wrong
    ("registry", "write"),
    ("registry", "replace"),
    ("registry", "read"),
    ("offline", "latest"),
    ("online", "write"),
    ("online", "prepare"),
    ("online", "drop"),
    ("online", "keys"),
]


@dataclass(frozen=True)
class ApplyFilled(Step):
    """The view is registered, after its online rows were loaded if it needs that.

    Attributes:
        consent: Whether rows may be lost that are only online; else it is not done if some would.
    """

    calls: ClassVar[Sequence[tuple[Role, str]]] = [*_FILL_CALLS, ("offline", "schema")]
    features: tuple[str, ...]
    ttl: int | None
    consent: bool

    def run(self, store: FeatureStore, shape: Scenario) -> None:
        """Load and apply."""
        definitions = shape.definitions(Definition(self.features, self.ttl))
        with nullcontext() if self.consent else suppress(DataLoss):
            store.apply(definitions, fill=True, allow_data_loss=[VIEW] if self.consent else [])


@dataclass(frozen=True)
class Rebuild(Step):
    """The online rows are loaded anew, up to an instant (µs; None: the present).

    Attributes:
        only_online: What becomes of rows that are only online.
    """

    calls: ClassVar[Sequence[tuple[Role, str]]] = _FILL_CALLS
    end: int | None
    only_online: OnlyOnlineRows

    def run(self, store: FeatureStore, shape: Scenario) -> None:
        """Rebuild."""
        end = None if self.end is None else from_us(self.end)
        keep, lose = self.only_online == "keep", self.only_online == "lose"
        with suppress(DataLoss) if self.only_online == "ask" else nullcontext():
            store.rebuild([VIEW], end, keep_pushed=keep, allow_data_loss=[VIEW] if lose else [])


@dataclass(frozen=True)
class Sweep(Step):
    """Rows that are too old are removed."""

    calls: ClassVar[Sequence[tuple[Role, str]]] = [("online", "sweep"), ("registry", "read")]

    def run(self, store: FeatureStore, shape: Scenario) -> None:
        """Sweep."""
        store.sweep([VIEW])


@dataclass(frozen=True)
class Repair(Step):
    """The rows of some keys are made equal to the source's, up to an instant (None: now)."""

    calls: ClassVar[Sequence[tuple[Role, str]]] = [
        ("online", "swap"),
        ("online", "delete"),
        ("online", "write"),
        ("online", "read"),
        ("offline", "historical"),
        ("registry", "replace"),
        ("registry", "read"),
    ]
    keys: tuple[tuple[str, ...], ...]
    end: int | None

    def run(self, store: FeatureStore, shape: Scenario) -> None:
        """Repair."""
        end = None if self.end is None else from_us(self.end)
        store.repair(entities(self.keys, shape), [VIEW], end)


@dataclass(frozen=True)
class Forget(Step):
    """The row of a key is erased."""

    calls: ClassVar[Sequence[tuple[Role, str]]] = [
        ("online", "delete"),
        ("registry", "replace"),
        ("registry", "read"),
    ]
    key: tuple[str, ...]

    def run(self, store: FeatureStore, shape: Scenario) -> None:
        """Forget."""
        (entity,) = entities([self.key], shape)
        store.forget(entity)


def entities(keys: Sequence[tuple[str, ...]], shape: Scenario) -> list[dict[str, str]]:
    """Return keys as entities: by the names of their parts."""
    return [dict(zip(shape.names, key, strict=True)) for key in keys]


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
    kinds: dict[str, type[Step]] = {kind.__name__: kind for kind in Step.__subclasses__()}
    found = {name: _tupled(value) for name, value in values.items() if name != "step"}
    if "rows" in found:
        rows = [{**row, "key": tuple(row["key"])} for row in values["rows"]]
        found["rows"] = tuple(StoryRow(**row) for row in rows)
    return kinds[values["step"]](**found)


def _tupled(value: Any) -> Any:
    return tuple(map(_tupled, value)) if isinstance(value, list) else value
