"""The compiled read plan: everything about an online read that does not depend on the entities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from provender.clock import Clock, to_us
from provender.errors import RequestError, StoreError, same_name, shortened
from provender.frames import is_missing
from provender.online.entities import to_columns
from provender.online.keys import KeyCodec
from provender.online.layout import Layout
from provender.online.response import OnlineResponse, Status, ViewResult
from provender.online.values import ValueReader
from provender.plugin.contract.online_store import OnlineRow, OnlineStore, OnlineTable
from provender.types import FeatureType

T = TypeVar("T")
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


class UnknownLayout(StoreError):  # noqa: N818 - asks for a newer catalog rather than for help
    """A stored value has a layout that the catalog at hand does not know."""


class _Plan(NamedTuple):
    """What to read, the types of all join keys, and the names of all features."""

    views: Sequence[ViewRead]
    types: Mapping[str, FeatureType]
    outputs: frozenset[str]


class OnlineReader:
    """Reads feature vectors; made once for a list of features, used for many requests.

    Args:
        views: What to read.
        store: Where to read it.
        clock: The present, from which the age of a row is counted.
        refresh: Returns `views` from the newest catalog; asked for when a row was written under
            a catalog that is newer than the one at hand.
        newer: Returns `views` from a newer catalog when there is one at hand; asked each time.
        waits: Whether asking `newer` means waiting for the registry at the moment.
    """

    def __init__(
        self,
        views: Sequence[ViewRead],
        store: OnlineStore,
        clock: Clock,
        refresh: Callable[[], Sequence[ViewRead]],
        newer: Callable[[], Sequence[ViewRead] | None] = lambda: None,
        waits: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._refresh = refresh
        self._newer = newer
        self._waits = waits
        self._plan = _plan(views)  # swapped as a whole: threads share the reader

    def __repr__(self) -> str:
        views = self._plan.views
        wanted = shortened(f"{v.table.view}:{name}" for v in views for name, _ in v.wanted)
        return f"<OnlineReader of {wanted} by {shortened(self.key_types) or 'no keys'}>"

    @property
    def key_types(self) -> Mapping[str, FeatureType]:
        """The type of each join key that entity rows must have."""
        return self._plan.types

    def read(self, entity_rows: Any) -> OnlineResponse:
        """Return the newest features of each entity row, in the order of the rows.

        Args:
            entity_rows: One dict per row, or a dict of one list per column.

        Raises:
            NotFound: A view or feature is no longer registered.
            RequestError: A join key is missing or of the wrong type, the rows are ragged, or one of
                their columns has the name of a feature.
            StoreError: The online store failed.
        """
        plan = self._newest_plan()
        columns, rows = to_columns(entity_rows, plan.types)
        try:
            results = self._read(plan, columns, rows)
        except UnknownLayout:
            plan = self._plan = _plan(self._refresh())
            results = self._read(plan, columns, rows)
        return OnlineResponse(columns, results, plan.types)

    async def read_async(self, entity_rows: Any) -> OnlineResponse:
        """Return what `read` returns, and let the event loop go on while something is waited for.

        Many tasks may share the reader, in any event loop.

        Args:
            entity_rows: One dict per row, or a dict of one list per column.

        Raises:
            NotFound: A view or feature is no longer registered.
            RequestError: A join key is missing or of the wrong type, the rows are ragged, or one of
                their columns has the name of a feature.
            StoreError: The online store failed.
        """
        plan = await _in_a_thread(self._newest_plan) if self._waits() else self._newest_plan()
        columns, rows = to_columns(entity_rows, plan.types)
        try:
            results = await self._read_async(plan, columns, rows)
        except UnknownLayout:
            plan = self._plan = _plan(await _in_a_thread(self._refresh))
            results = await self._read_async(plan, columns, rows)
        return OnlineResponse(columns, results, plan.types)

    def read_now(self, entity_rows: Any) -> OnlineResponse | None:
        """Return what `read` returns if that takes no waiting for a store, None otherwise.

        Args:
            entity_rows: One dict per row, or a dict of one list per column.

        Raises:
            NotFound: A view or feature is no longer registered.
            RequestError: A join key is missing or of the wrong type, the rows are ragged, or one of
                their columns has the name of a feature.
            StoreError: The online store failed.
        """
        plan = self._newest_plan()
        columns, rows = to_columns(entity_rows, plan.types)
        keys, requests = _requests(plan, columns, rows)
        answers = self._store.read_now(requests)
        if answers is None:
            return None
        try:
            results = self._results(plan.views, keys, answers)
        except UnknownLayout:  # the newest catalog has to be waited for
            return None
        return OnlineResponse(columns, results, plan.types)

    def _newest_plan(self) -> _Plan:
        newer = self._newer()
        if newer is not None:
            self._plan = _plan(newer)
        return self._plan

    def _read(self, plan: _Plan, columns: dict[str, Sequence[Any]], rows: int) -> list[ViewResult]:
        keys, requests = _requests(plan, columns, rows)
        if len(requests) == 1:
            answers = [self._store.read(*requests[0])]
        else:
            answers = self._store.read_many(requests)
        return self._results(plan.views, keys, answers)

    async def _read_async(
        self, plan: _Plan, columns: dict[str, Sequence[Any]], rows: int
    ) -> list[ViewResult]:
        keys, requests = _requests(plan, columns, rows)
        return self._results(plan.views, keys, await self._store.read_many_async(requests))

    def _results(
        self,
        views: Sequence[ViewRead],
        keys: Sequence[Sequence[bytes | None]],
        answers: Sequence[list[OnlineRow | None]],
    ) -> list[ViewResult]:
        now = to_us(self._clock())
        return [
            _result(view, _with_gaps(found, answer), now)
            for view, found, answer in zip(views, keys, answers, strict=True)
        ]


async def _in_a_thread(work: Callable[[], T]) -> T:
    import asyncio  # 10 ms that a program without an event loop need not spend

    return await asyncio.to_thread(work)


def _plan(views: Sequence[ViewRead]) -> _Plan:
    types = {name: kind for view in views for name, kind in view.keys}
    return _Plan(views, types, frozenset(name for view in views for name in view.outputs))


def _requests(
    plan: _Plan, columns: dict[str, Sequence[Any]], rows: int
) -> tuple[list[list[bytes | None]], list[tuple[OnlineTable, Sequence[bytes]]]]:
    """Return the keys of each view, and what to ask the store: the keys that hold no null.

    Values of keys that pandas would take for missing become None in `columns`.

    Raises:
        RequestError: A column has the name of a feature, or a key is of the wrong type.
    """
    views = plan.views
    if not plan.outputs.isdisjoint(columns):
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
