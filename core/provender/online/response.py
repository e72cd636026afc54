"""`OnlineResponse`: feature vectors, with a status for every value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from provender.arguments import check_flags
from provender.clock import from_us
from provender.errors import Problem, RequestError, count_text, shortened
from provender.frames import html_table, own_values, to_frame, to_polars
from provender.types import FeatureType

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

STATUS, TIMESTAMP = "__status", "__ts"
"""What follows the name of a feature in the names of the columns that tell of it."""


class Status(Enum):
    """What is known of a value.

    Attributes:
        PRESENT: There is a value.
        NULL_VALUE: The newest row holds a null.
        NOT_FOUND: The entity has no row, or its row was written before the feature existed.
        OUTSIDE_MAX_AGE: The newest row is older than the view's time to live; the value is null.
    """

    PRESENT = "PRESENT"
    NULL_VALUE = "NULL_VALUE"
    NOT_FOUND = "NOT_FOUND"
    OUTSIDE_MAX_AGE = "OUTSIDE_MAX_AGE"


@dataclass(slots=True)  # not frozen: one is made for every request
class ViewResult:
    """What was read of one view.

    Attributes:
        outputs: The names of its columns in the response.
        types: Their types.
        rows: The features of each entity row, all None where nothing is served.
        statuses: For each entity row, PRESENT when its row is served.
        missing: For each entity row, the positions of features that its row does not have.
        events: For each entity row, the event timestamp of its row in µs, if it has one.
        view: The name of the feature view.
    """

    outputs: Sequence[str]
    types: Sequence[FeatureType]
    rows: Sequence[Sequence[Any]]
    statuses: Sequence[Status]
    missing: Sequence[frozenset[int]]
    events: Sequence[int | None]
    view: str = ""

    def __repr__(self) -> str:
        rows = count_text(len(self.rows), "row")
        return f"<ViewResult of {self.view!r}: {rows}; {shortened(self.outputs)}>"

    def columns(self) -> dict[str, list[Any]]:
        """Return the values, column by column."""
        if not self.rows:
            return {name: [] for name in self.outputs}
        return {n: list(v) for n, v in zip(self.outputs, zip(*self.rows, strict=True), strict=True)}

    def status(self, feature: int) -> list[Status]:
        """Return the status of each value of one feature."""
        return [
            _status(row[feature], status, feature in missing)
            for row, status, missing in zip(self.rows, self.statuses, self.missing, strict=True)
        ]


def _status(value: Any, row: Status, missing: bool) -> Status:
    if row is not Status.PRESENT:
        return row
    if missing:
        return Status.NOT_FOUND
    return Status.NULL_VALUE if value is None else Status.PRESENT


class OnlineResponse:
    """The feature vectors of some entities.

    Args:
        entities: The entity rows that were asked for, by column.
        views: What was read, view by view.
        key_types: The types of the join keys among `entities`.
    """

    def __init__(
        self,
        entities: Mapping[str, Sequence[Any]],
        views: Sequence[ViewResult],
        key_types: Mapping[str, FeatureType],
    ) -> None:
        self._given = entities
        self._views = views
        self._key_types = key_types

    @cached_property
    def _entities(self) -> Mapping[str, Sequence[Any]]:
        return {name: own_values(values) for name, values in self._given.items()}

    @property
    def _rows(self) -> int:
        columns = iter(self._given.values())
        return len(self._views[0].rows) if self._views else len(next(columns, ()))

    def __repr__(self) -> str:
        count = self._rows
        columns = [*self._entities, *(name for view in self._views for name in view.outputs)]
        return f"<OnlineResponse: {count_text(count, 'row')}; {shortened(columns)}>"

    @property
    def entities(self) -> Mapping[str, Sequence[Any]]:
        """The entity rows that were asked for, by column, as Python's own values."""
        return self._entities

    @property
    def views(self) -> Sequence[ViewResult]:
        """What was read, view by view."""
        return self._views

    @property
    def key_types(self) -> Mapping[str, FeatureType]:
        """The types of the join keys among the entity columns."""
        return self._key_types

    def to_dict(
        self, *, include_event_timestamps: bool = False, include_statuses: bool = False
    ) -> dict[str, list[Any]]:
        """Return the response by column, the entity columns first, as Python's own values.

        All of it can be written as JSON but for datetimes, dates, decimals, bytes and UUIDs; maps
        are lists of pairs.

        Args:
            include_event_timestamps: Add ``NAME__ts`` for each feature: the event timestamp of
                its row, None where there is none.
            include_statuses: Add ``NAME__status`` for each feature, as text; see `Status`.

        Raises:
            RequestError: An added column would have the name of another one.
        """
        check_flags(
            include_event_timestamps=include_event_timestamps, include_statuses=include_statuses
        )
        self.check_added(statuses=include_statuses, timestamps=include_event_timestamps)
        result = {name: list(values) for name, values in self._entities.items()}
        for view in self._views:
            result.update(view.columns())
            if include_statuses:
                for feature, name in enumerate(view.outputs):
                    result[name + STATUS] = [s.value for s in view.status(feature)]
            if include_event_timestamps:
                instants = list(map(_instant, view.events))
                result.update({name + TIMESTAMP: list(instants) for name in view.outputs})
        return result

    def check_added(self, *, statuses: bool, timestamps: bool) -> None:
        """Check that the columns that are added for each feature have names of their own.

        Args:
            statuses: ``NAME__status`` is added.
            timestamps: ``NAME__ts`` is added.

        Raises:
            RequestError: A feature or a column of the entity rows is named like one of them.
        """
        added = [STATUS] * statuses + [TIMESTAMP] * timestamps
        features = [name for view in self._views for name in view.outputs]
        taken = {*self._entities, *features} if added else ()
        problems = [
            Problem(
                f"two columns of the result would be named {name + suffix!r}",
                got="a column of the entity rows"
                if name + suffix in self._entities
                else "a feature",
                fix="request it separately or under another name, or without statuses and "
                "timestamps",
            )
            for name in features
            for suffix in added
            if name + suffix in taken
        ]
        if problems:
            raise RequestError.of(problems)

    def to_arrow(self) -> pa.Table:
        """Return entity columns and features as a table, every column of its exact type."""
        import pyarrow as pa

        columns: dict[str, Any] = {}
        for name, values in self._entities.items():
            kind = self._key_types.get(name)
            columns[name] = pa.array(values, kind.arrow() if kind else None)
        for view in self._views:
            for (name, column), kind in zip(view.columns().items(), view.types, strict=True):
                columns[name] = pa.array(column, kind.arrow())
        return pa.table(columns)

    def to_df(self) -> pd.DataFrame:
        """Return entity columns and features as a pandas DataFrame; see `provender.frames`."""
        return to_frame(self.to_arrow())

    def to_polars(self) -> pl.DataFrame:
        """Return entity columns and features as a DataFrame of polars, UUIDs as bytes.

        Raises:
            MissingExtra: polars is not installed.
        """
        return to_polars(self.to_arrow())

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """Offer the table to every library that reads Arrow's streams."""
        return self.to_arrow().__arrow_c_stream__(requested_schema)

    def _repr_html_(self) -> str:
        return html_table(self.to_dict(), self._rows)


def _instant(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)
