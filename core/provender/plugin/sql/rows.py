"""The rows of a source as a query: keys, timestamps and features under internal names."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlglot import exp

from provender.plugin.contract.plan import SourceRead, Window
from provender.plugin.sql.names import (
    CREATED,
    EVENT,
    column,
    double,
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

TINY = 2.0**-150
"""The greatest 64-bit float that is rounded to zero in 32 bits."""
TOO_LARGE = 2.0**128 - 2.0**103
"""The least that is rounded to infinity."""


@dataclass(frozen=True)
class SourceRows:
    """Builds queries over the rows of one source.

    Attributes:
        read: The columns wanted.
        relation: Where the rows are, as the relation after FROM.
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

    def stored(self, name: str) -> exp.Expr:
        """Return a column as it is stored."""
        return column(self.columns.get(name, name))

    def _instant(self, name: str) -> exp.Expr:
        return self.to_instant(self.stored(name), self.schema.field(name).type)

    def key(self, number: int) -> exp.Expr:
        """Return a join key as it is compared."""
        wanted = self.read.keys[number]
        stored = self.schema.field(wanted.source).type
        return self.to_key(self.stored(wanted.source), stored, wanted.type)

    def feature(self, number: int) -> exp.Expr:
        """Return a feature as the result is to hold it."""
        return self.stored(self.read.features[number].source)

    def key_shown(self, number: int, value: exp.Expr) -> exp.Expr:
        """Return a key, of which `to_key` made what is compared, as the result is to hold it."""
        return value

    def stored_types(self) -> tuple[pa.DataType, ...]:
        """Return the type of each column that `select` gives, in the order of `read_schema`."""
        import pyarrow as pa

        instant = pa.timestamp("us", "UTC")
        keys = [key.type.arrow() for key in self.read.keys]
        features = [self.schema.field(feature.source).type for feature in self.read.features]
        return (instant, instant, *keys, *features)

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

    def text(self, value: exp.Expr, kind: FeatureType, stored: FeatureType) -> exp.Expr:
        """Return a value as text that is compared exactly and sorted by its code points.

        A dialect that sorts texts in another order, or compares them otherwise, overrides it.

        Args:
            value: A feature as it is stored, or what `to_key` made of it when it may be a key.
            kind: Its type: String, Json or Uuid.
            stored: The type that it is stored as.
        """
        return value if kind.name == "String" else exp.cast(value, exp.DataType.Type.TEXT)

    def shown(self, value: exp.Expr, kind: FeatureType) -> exp.Expr:
        """Return the text of which `text` made a value of a type."""
        return value

    def one_of(self, value: exp.Expr, stored: FeatureType) -> exp.Expr:
        """Return one of several values in their type: the least decimal may have lost its digits.

        A dialect that keeps them overrides it.
        """
        if not stored.digits:
            return value
        digits = [exp.DataTypeParam(this=exp.Literal.number(n)) for n in stored.digits]
        return exp.cast(value, exp.DataType(this=exp.DataType.Type.DECIMAL, expressions=digits))

    def decimal(self, number: Decimal) -> exp.Expr:
        """Return a literal decimal of up to 38 digits."""
        return exp.Literal.number(format(number, "f"))

    def is_number(self, value: exp.Expr) -> exp.Expr:
        """Return that a float is not NaN, which is greater than infinity or compares to nothing.

        A dialect whose optimizer takes the bounds of files for those of NaN too overrides it.
        """
        return exp.LTE(this=value, expression=double(float("inf")))

    def is_finite(self, value: exp.Expr) -> exp.Expr:
        """Return that a float is neither NaN nor infinite; see `is_number`."""
        most = sys.float_info.max
        return exp.and_(
            exp.GTE(this=value, expression=double(-most)),
            exp.LTE(this=value.copy(), expression=double(most)),
        )

    def rounded(self, value: exp.Expr) -> exp.Expr:
        """Return a 64-bit float as one of 32 bits; null where it is beyond their range.

        Numbers that are rounded to zero would be errors in some warehouses.
        """
        size = exp.Abs(this=value)
        tiny = exp.LTE(this=size, expression=double(TINY))
        fits = exp.or_(
            exp.LT(this=size.copy(), expression=double(TOO_LARGE)),
            exp.GT(this=size.copy(), expression=double(sys.float_info.max)),
        )
        nothing = exp.cast(exp.Literal.number(0), exp.DataType.Type.FLOAT)
        narrow = exp.cast(value.copy(), exp.DataType.Type.FLOAT)
        return exp.Case().when(tiny, nothing).when(fits, narrow)

    def select(self, window: Window, *, null_keys: bool = False) -> exp.Select:
        """Return the rows of a window; by default those without a null in their key."""
        numbers = range(len(self.read.keys))
        keys = [self.key(i) for i in numbers]
        features = [self.feature(i) for i in range(len(self.read.features))]
        columns = [
            *map(named, map(self.key, numbers), self.keys),
            named(self.event(), EVENT),
            named(self.created(), CREATED),
            *map(named, features, self.features),
        ]
        needed = [self.event()] if null_keys else [*keys, self.event()]
        present = [not_null(part) for part in needed]
        query = exp.select(*columns, copy=False).from_(self.relation.copy(), copy=False)
        return query.where(*present, *self.within(window), copy=False)

    def within(self, window: Window) -> list[exp.Expr]:
        """Return the conditions under which a row lies in a window."""
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


def uuid_digits(value: exp.Expr, stored: pa.DataType) -> exp.Expr:
    """Return a uuid as 32 small hexadecimal digits, whether it is kept as text or as bytes."""
    found = from_arrow(stored)
    if found is not None and found.name == "Bytes":
        return exp.Anonymous(this="TO_HEX", expressions=[value])
    dash, nothing = exp.Literal.string("-"), exp.Literal.string("")
    return exp.Lower(this=exp.Anonymous(this="REPLACE", expressions=[value, dash, nothing]))


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
