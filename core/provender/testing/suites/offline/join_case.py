"""A point-in-time join as data: to be put to a store, and to the oracle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from provender.definitions import DataSource
from provender.plugin import (
    Column,
    HistoricalPlan,
    SourceRead,
    Spine,
    TableSpine,
    ViewJoin,
)
from provender.testing.oracle.difference import explain_join
from provender.testing.oracle.join import acceptable
from provender.testing.oracle.rows import rows_of
from provender.testing.suites.offline.harness import OfflineHarness
from provender.types import FeatureType, String, from_arrow

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class ViewRows:
    """One view of a join, with all the rows of its source.

    Attributes:
        view: The view's name.
        table: The source's rows.
        keys: The source's column of each join key, by the spine's column.
        features: The source's column of each feature, by the result's column.
        timestamp: The source's column with the event timestamp.
        created: The source's column with the created timestamp, if it has one.
        ttl: The time to live in µs; None: for ever.
        types: Types of source columns where they are not those of the table.
    """

    view: str
    table: pa.Table
    keys: Mapping[str, str]
    features: Mapping[str, str]
    timestamp: str = "event"
    created: str | None = "created"
    ttl: int | None = None
    types: Mapping[str, FeatureType] = field(default_factory=dict)

    def source(self, harness: OfflineHarness) -> DataSource:
        """Store the rows and return their source."""
        return harness.source(
            self.table, timestamp_field=self.timestamp, created_timestamp_column=self.created
        )

    def read(self, source: DataSource) -> SourceRead:
        """Return what has to be read of the source."""
        keys = tuple(self._column(c, c) for c in self.keys.values())
        features = tuple(self._column(c, f"feature_{n}") for n, c in self._numbered())
        return SourceRead(source, keys, features, self.timestamp, self.created)

    def join(self, source: DataSource) -> ViewJoin:
        """Return the view's part of a plan."""
        return ViewJoin(
            self.view, self.read(source), tuple(self.keys), tuple(self.features), self.ttl
        )

    def type_of(self, column: str) -> FeatureType:
        """Return the type that a source column is read as."""
        return self.types.get(column) or from_arrow(self.table.schema.field(column).type) or String

    def _numbered(self) -> list[tuple[int, str]]:
        return list(enumerate(self.features.values()))

    def _column(self, column: str, name: str) -> Column:
        return Column(column, name, self.type_of(column))


@dataclass(frozen=True)
class JoinCase:
    """A spine, the views to join with it, and what is known when.

    Attributes:
        spine: The entity rows.
        views: The views, each with its rows.
        timestamp: The spine's column with the instants.
        known_at: See `HistoricalPlan`.
    """

    spine: pa.Table
    views: tuple[ViewRows, ...]
    timestamp: str = "q"
    known_at: int | str | None = None

    def plan(self, sources: Mapping[str, DataSource]) -> HistoricalPlan:
        """Return the plan, with a source for each view by its name."""
        key_types = {
            spine_key: view.type_of(column)
            for view in self.views
            for spine_key, column in view.keys.items()
        }
        return HistoricalPlan(
            self.timestamp,
            tuple(self.spine.column_names),
            tuple(view.join(sources[view.view]) for view in self.views),
            self.known_at,
            key_types,
        )

    def stored(self, harness: OfflineHarness) -> HistoricalPlan:
        """Store the rows of every view and return the plan over them."""
        return self.plan({view.view: view.source(harness) for view in self.views})

    def difference(self, plan: HistoricalPlan, got: pa.Table | pa.RecordBatchReader) -> str | None:
        """Return where a result is not what the oracle accepts; None: nowhere."""
        sources = {view.view: rows_of(view.table) for view in self.views}
        wanted = acceptable(plan, rows_of(self.spine), sources)
        return _schema_difference(plan, got.schema) or explain_join(wanted, rows_of(got))

    def check(self, harness: OfflineHarness, rule: str, spine: Spine | None = None) -> None:
        """Put the problem to a store, and fail unless the answer is right.

        Args:
            harness: The store and its rows.
            rule: The rule that is checked, for the message.
            spine: The same entity rows in another form.

        Raises:
            AssertionError: The store's answer is not one that the oracle accepts.
        """
        plan = self.stored(harness)
        difference = self.difference(
            plan, harness.store.historical(plan, spine or TableSpine(self.spine))
        )
        if difference is not None:
            raise AssertionError(f"{rule}\n{difference}")


def _schema_difference(plan: HistoricalPlan, schema: Any) -> str | None:
    """Return what is wrong with the columns of a result, and with the types of its outputs."""
    outputs = {
        output: feature.type
        for join in plan.joins
        for output, feature in zip(join.outputs, join.read.features, strict=True)
    }
    wanted = [*plan.spine_columns, *outputs]
    if schema.names != wanted:
        return f"the result has the columns {schema.names}, not {wanted}"
    for name, kind in outputs.items():
        if schema.field(name).type != kind.arrow():
            return f"column {name!r} is of type {schema.field(name).type}, not {kind.arrow()}"
    return None
