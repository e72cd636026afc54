"""`ReadPlan`: everything about an online read that does not depend on the entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from provender.errors import RequestError, StoreError, same_name
from provender.frames import is_missing
from provender.online.keys import KeyCodec
from provender.online.layout import Layout
from provender.online.response import Status, ViewResult
from provender.online.values import ValueReader
from provender.plugin.contract.online_store import OnlineRow, OnlineTable
from provender.types import FeatureType

Keys = Sequence[Sequence[bytes | None]]
"""The encoded key of each entity row, for each view; None where it holds a null."""
Requests = list[tuple[OnlineTable, Sequence[bytes]]]
"""What to ask the store for, view by view."""
_NO_FEATURES: frozenset[int] = frozenset()
_PRESENT, _NOT_FOUND = Status.PRESENT, Status.NOT_FOUND


@dataclass(frozen=True)
class ViewRead:
    """What to read of one view.

    Attributes:
        table: Where its rows are.
        keys: Its join keys and their types.
        wanted: The features to give and their types.
        outputs: Their names in the response.
        layouts: Every layout in which its rows were ever written.
    """

    table: OnlineTable
    keys: tuple[tuple[str, FeatureType], ...]
    wanted: tuple[tuple[str, FeatureType], ...]
    outputs: tuple[str, ...]
    layouts: tuple[Layout, ...]

    @cached_property
    def codec(self) -> KeyCodec:
        """Encodes the entity keys."""
        return KeyCodec(self.keys)

    @cached_property
    def reader(self) -> ValueReader:
        """Decodes the values."""
        known = {layout.fingerprint: layout for layout in self.layouts}
        return ValueReader(known, self.wanted)

    @cached_property
    def types(self) -> list[FeatureType]:
        """The types of the features."""
        return [kind for _, kind in self.wanted]

    @cached_property
    def nothing(self) -> list[None]:
        """What is given where nothing is served."""
        return [None] * len(self.wanted)


class UnknownLayout(StoreError):  # noqa: N818 - a request for a newer catalog
    """A stored value has a layout that the catalog does not know: it is older than the row."""


class ReadPlan(NamedTuple):
    """Everything about an online read that does not depend on the entities.

    Attributes:
        views: What to read.
        types: The types of all join keys.
        outputs: The names of all features in the response.
    """

    views: Sequence[ViewRead]
    types: Mapping[str, FeatureType]
    outputs: frozenset[str]

    @classmethod
    def of(cls, views: Sequence[ViewRead]) -> ReadPlan:
        """Return the plan that reads some views."""
        types = {name: kind for view in views for name, kind in view.keys}
        return cls(views, types, frozenset(name for view in views for name in view.outputs))

    def requests(self, columns: dict[str, Sequence[Any]], rows: int) -> tuple[Keys, Requests]:
        """Return the keys of each view, and what to ask the store: the keys that hold no null.

        Values of keys that pandas would take for missing become None in `columns`.

        Raises:
            RequestError: A column has the name of a feature, or a key is of the wrong type.
        """
        views = self.views
        if not self.outputs.isdisjoint(columns):
            raise _same_names(views, columns)
        keys = [view.codec.encode_values(columns, rows) for view in views]
        for view, found in zip(views, keys, strict=True):
            if None in found:
                _null(columns, view.codec.names)
        wanted: list[Any] = [
            (view.table, [key for key in found if key is not None] if None in found else found)
            for view, found in zip(views, keys, strict=True)
        ]
        return keys, wanted

    def results(
        self, keys: Keys, answers: Sequence[list[OnlineRow | None]], now: int
    ) -> list[ViewResult]:
        """Return the values and statuses of each view.

        Args:
            keys: The keys that `requests` gave.
            answers: What the store has for each request.
            now: The present in µs, from which the age of a row is counted.

        Raises:
            UnknownLayout: A row was written under a newer catalog.
        """
        return [
            _result(view, _with_gaps(found, answer), now)
            for view, found, answer in zip(self.views, keys, answers, strict=True)
        ]


def _null(columns: dict[str, Sequence[Any]], names: Sequence[str]) -> None:
    for name in names:
        columns[name] = [None if is_missing(value) else value for value in columns[name]]


def _same_names(views: Sequence[ViewRead], columns: Mapping[str, Any]) -> RequestError:
    return RequestError.of(
        same_name(view.table.view, feature, output)
        for view in views
        for (feature, _), output in zip(view.wanted, view.outputs, strict=True)
        if output in columns
    )


def _with_gaps(
    keys: Sequence[bytes | None], answer: list[OnlineRow | None]
) -> list[OnlineRow | None]:
    """Return the answer with None in the places of rows whose key holds a null."""
    if len(answer) == len(keys):
        return answer
    found = iter(answer)
    return [None if key is None else next(found) for key in keys]


def _result(view: ViewRead, stored: Sequence[OnlineRow | None], now: int) -> ViewResult:
    oldest = None if view.table.ttl is None else now - view.table.ttl
    unpack, pick, missing_in = view.reader.unpack, view.reader.pick, view.reader.missing
    rows: list[Sequence[Any]] = []
    statuses, missing, events = [], [], []
    for row in stored:
        status, lacks, values = _NOT_FOUND, _NO_FEATURES, view.nothing
        if row is not None and oldest is not None and row[1] < oldest:
            status = Status.OUTSIDE_MAX_AGE
        elif row is not None:
            raw = unpack(row[3])
            if raw[0] not in missing_in:
                raise _unknown_layout(view, raw[0])
            status, lacks, values = _PRESENT, missing_in[raw[0]], pick(raw)
        rows.append(values)
        statuses.append(status)
        missing.append(lacks)
        events.append(None if row is None else row[1])
    return ViewResult(view.outputs, view.types, rows, statuses, missing, events, view.table.view)


def _unknown_layout(view: ViewRead, fingerprint: int) -> UnknownLayout:
    return UnknownLayout(
        f"a stored row of {view.table.name!r} was written by a catalog that is not known here",
        got=f"layout {fingerprint:016x}",
        fix="materialize the view again, or use the registry that it was written with",
    )
