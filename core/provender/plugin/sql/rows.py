"""The rows of a source as a query: keys, timestamps and features under internal names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from provender.plugin.reading import SourceRead, Window
from provender.plugin.sql.names import (
    CREATED,
    EVENT,
    column,
    feature_name,
    instant,
    key_name,
    microseconds,
    named,
    sql_type,
)
from provender.types import from_arrow

if TYPE_CHECKING:
    import pyarrow as pa

    from provender.types import FeatureType

Instant = Callable[[exp.Expr, "pa.DataType"], exp.Expr]
"""Turns a stored column into a timestamp with time zone, UTC."""
Key = Callable[[exp.Expr, "pa.DataType", "FeatureType"], exp.Expr]
"""Turns a key, of the entity rows or of a source, into its declared type; what cannot be converted
becomes null. Keys are compared after it, so both sides of a join go through the same one."""
_LONG = 4_000 * 365 * 86_400_000_000
"""A ttl in µs that leads from any year of ours to one that every warehouse knows (4713 BC)."""


@dataclass(frozen=True)
class SourceRows:
    """Builds queries over the rows of one source.

    Attributes:
        read: The columns wanted.
        relation: Where the rows are, as what stands after FROM.
        schema: The columns as they are stored.
        to_instant: See `Instant`.
        to_key: See `Key`.
        columns: The name of a stored column in the relation, where it is another one.
    """

    read: SourceRead
    relation: exp.Expr
    schema: pa.Schema
    to_instant: Instant
    to_key: Key
    columns: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The internal names of the join keys."""
        return [key_name(i) for i in range(len(self.read.keys))]

    @property
    def features(self) -> list[str]:
        """The internal names of the features."""
        return [feature_name(i) for i in range(len(self.read.features))]

    def event(self) -> exp.Expr:
        """Return the event timestamp."""
        return self._instant(self.read.timestamp)

    def created(self) -> exp.Expr:
        """Return the created timestamp, a null where the source has none."""
        if self.read.created is None:
            return exp.cast(exp.null(), exp.DataType.Type.TIMESTAMPTZ)
        return self._instant(self.read.created)

    def _stored(self, name: str) -> exp.Expr:
        return column(self.columns.get(name, name))

    def _instant(self, name: str) -> exp.Expr:
        return self.to_instant(self._stored(name), self.schema.field(name).type)

    def _key(self, number: int) -> exp.Expr:
        wanted = self.read.keys[number]
        stored = self.schema.field(wanted.source).type
        return self.to_key(self._stored(wanted.source), stored, wanted.type)

    def _feature(self, number: int) -> exp.Expr:
        """Return a feature as the result is to hold it."""
        return self._stored(self.read.features[number].source)

    def newest_first(self) -> list[exp.Expr]:
        """Return the order in which rows of one key and one event timestamp compete.

        A dialect that cannot sort by some types overrides it.
        """
        return newest_first(self.features)

    def fresh(self, asked: exp.Expr, event: exp.Expr, ttl: int) -> exp.Expr:
        """Return that an event is at most so many µs older than the instant that is asked for.

        An instant less a very long ttl may lie before a warehouse's first: then ages are compared.
        A dialect that has no intervals of so many µs overrides it.
        """
        if ttl > _LONG:
            age = exp.Sub(this=asked, expression=event)
            return exp.LTE(this=age, expression=microseconds(ttl))
        oldest = exp.Sub(this=asked, expression=microseconds(ttl))
        return exp.GTE(this=event, expression=oldest)

    def select(self, window: Window, *, null_keys: bool = False) -> exp.Select:
        """Return the rows of a window; by default those without a null in their key."""
        numbers = range(len(self.read.keys))
        keys = [self._key(i) for i in numbers]
        features = [self._feature(i) for i in range(len(self.read.features))]
        columns = [
            *map(named, map(self._key, numbers), self.keys),
            named(self.event(), EVENT),
            named(self.created(), CREATED),
            *map(named, features, self.features),
        ]
        needed = [self.event()] if null_keys else [*keys, self.event()]
        present = [not_null(part) for part in needed]
        query = exp.select(*columns, copy=False).from_(self.relation.copy(), copy=False)
        return query.where(*present, *self._within(window), copy=False)

    def _within(self, window: Window) -> list[exp.Expr]:
        conditions: list[exp.Expr] = []
        if window.start is not None:
            conditions.append(self._from(window.start, window.late_since))
        if window.end is not None:
            conditions.append(exp.LTE(this=self.event(), expression=instant(window.end)))
        if window.known_at is not None:
            known = exp.LTE(this=self.created(), expression=instant(window.known_at))
            conditions.append(exp.or_(is_null(self.created()), known))
        return conditions

    def _from(self, start: int, late_since: int | None) -> exp.Expr:
        begun = exp.GTE(this=self.event(), expression=instant(start))
        if late_since is None:
            return begun
        late = exp.GTE(this=self.created(), expression=instant(late_since))
        return exp.or_(begun, late, is_null(self.created()))


def comparable(value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
    """Return a key as its declared type; what cannot be converted becomes null."""
    if from_arrow(stored) == wanted:
        return value
    return exp.TryCast(this=value, to=sql_type(wanted))


def newest_first(features: Sequence[str]) -> list[exp.Expr]:
    """Return the order in which rows of one key and one event timestamp compete.

    The last created wins, a null being earliest; beyond that the values decide, so that the
    answer does not depend on where the rows lie.
    """
    created = exp.Ordered(this=column(CREATED), desc=True, nulls_first=False)
    ties = [exp.Ordered(this=column(f), desc=True, nulls_first=False) for f in features]
    return [created, *ties]


def first_of(partition: Sequence[str], order: Sequence[exp.Expr]) -> exp.Expr:
    """Return the condition that a row is the first of its partition."""
    window = exp.Window(
        this=exp.RowNumber(),
        partition_by=[column(name) for name in partition],
        order=exp.Order(expressions=list(order)),
    )
    return exp.EQ(this=window, expression=exp.Literal.number(1))


def is_null(value: exp.Expr) -> exp.Expr:
    """Return ``value IS NULL``."""
    return exp.Is(this=value, expression=exp.null())


def not_null(value: exp.Expr) -> exp.Expr:
    """Return ``NOT value IS NULL``."""
    return exp.Not(this=is_null(value))
