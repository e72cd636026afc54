"""The rows of a BigQuery source as a query: what BigQuery does otherwise than other warehouses."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlglot import exp

from provender.clock import from_us
from provender.plugin import Window
from provender.plugin.sql.names import column, double
from provender.plugin.sql.rows import TINY, TOO_LARGE, SourceRows, newest_first, uuid_digits
from provender.types import FeatureType, from_arrow
from provender_gcp.bigquery_session import FILTERED, PARTITION, REPEATED
from provender_gcp.bigquery_source import BigQuerySource
from provender_gcp.bigquery_types import LIST

if TYPE_CHECKING:
    import pyarrow as pa

_SORTED = {"Bool", "Int32", "Int64", "Float32", "Float64", "Decimal"} | {
    *("String", "Bytes", "Date", "UnixTimestamp")
}
"""Names of the types whose values BigQuery can sort."""


@dataclass(frozen=True)
class BigQueryRows(SourceRows):
    """Builds queries over the rows of one BigQuery source."""

    def feature(self, number: int) -> exp.Expr:
        """Return a feature; an array is wrapped, for a result holds no null array otherwise."""
        value = self.stored(self.read.features[number].source)
        return exp.Struct(expressions=[field(LIST, value)]) if self.is_array(number) else value

    def is_array(self, number: int) -> bool:
        """Return whether a feature is a plain ``ARRAY``."""
        stored = self.schema.field(self.read.features[number].source)
        return REPEATED in (stored.metadata or {})

    def newest_first(self) -> list[exp.Expr]:
        """Return the order in which rows of one instant compete."""
        created, *ties = newest_first(self.features)
        for number, tie in enumerate(ties):
            tie.set("this", self.sortable(number, tie.this))
        return [created, *ties]

    def sortable(self, number: int, value: exp.Expr) -> exp.Expr:
        """Return a feature as something that BigQuery can sort: what has no order goes as text."""
        stored = from_arrow(self.schema.field(self.read.features[number].source).type)
        if stored is not None and stored.name in _SORTED:
            return value
        return exp.Anonymous(this="TO_JSON_STRING", expressions=[value])

    def fresh(self, asked: exp.Expr, event: exp.Expr, ttl: int) -> exp.Expr:
        """Return that an event is at most so many µs older than the instant that is asked for."""
        age = exp.TimestampDiff(this=asked, expression=event, unit=exp.var("MICROSECOND"))
        return exp.LTE(this=age, expression=exp.Literal.number(ttl))

    def within(self, window: Window) -> list[exp.Expr]:
        """Return the conditions under which a row lies in a window."""
        return [*super().within(window), *self._pruned(window)]

    def text(self, value: exp.Expr, kind: FeatureType, stored: FeatureType) -> exp.Expr:
        """Return a value as text: JSON as it is read, uuids are text already."""
        as_json = kind.name == "Json" and stored.name == "Json"
        return exp.Anonymous(this="TO_JSON_STRING", expressions=[value]) if as_json else value

    def one_of(self, value: exp.Expr, stored: FeatureType) -> exp.Expr:
        """Return one of several values as it is: a decimal's digits may be too many for a cast."""
        return value

    def decimal(self, number: Decimal) -> exp.Expr:
        """Return a literal decimal of up to 38 digits; a bare one would be a float.

        https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#floating_point_literals
        """
        text = exp.Literal.string(format(number, "f"))
        return exp.cast(text, exp.DataType.build("BIGNUMERIC", dialect="bigquery"))

    def rounded(self, value: exp.Expr) -> exp.Expr:
        """Return a float as it is in 32 bits; null where it is beyond their range.

        BigQuery has none of 32 bits, so a number is rounded by adding one that is so much larger
        that just the last 24 bits of the sum are left for it, and taking it away again.
        """
        size = exp.Abs(this=value)
        guess = _power_of_two(size)
        double_, half = (exp.Mul(this=guess, expression=double(n)) for n in (2.0, 0.5))
        power = (
            exp.Case()
            .when(exp.GT(this=guess, expression=size), half)
            .when(exp.LTE(this=double_, expression=size), double_)
            .else_(guess)
        )
        least = exp.Greatest(this=power, expressions=[double(2.0**-126)])
        large = exp.Mul(this=least, expression=double(1.5 * 2.0**29))
        near = exp.paren(exp.Add(this=value, expression=large)) - large
        finite = exp.LTE(this=size, expression=double(sys.float_info.max))
        return (
            exp.Case()
            .when(exp.LTE(this=size, expression=double(TINY)), double(0.0))
            .when(exp.LT(this=size, expression=double(TOO_LARGE)), near)
            .when(exp.Not(this=exp.Coalesce(this=finite, expressions=[exp.true()])), value)
        ).copy()

    def _pruned(self, window: Window) -> list[exp.Expr]:
        """Return conditions on the partitioning column itself, by which BigQuery reads less.

        They follow from those on the event timestamp, so only two columns can have them: the
        event timestamp's own, and the one that is declared to hold its day. A table may be
        partitioned by anything else, such as the day on which its rows were loaded. Late rows lie
        in any earlier partition.
        """
        start = None if window.late_since is not None else window.start
        own = self._own_partitions(start, window.end)
        return [*self._declared_days(start, window.end), *own]

    def _declared_days(self, start: int | None, end: int | None) -> list[exp.Expr]:
        """Return that the day is within two instants; rows that BigQuery still buffers have none.

        ``_PARTITIONDATE`` is null for them:
        https://cloud.google.com/bigquery/docs/querying-partitioned-tables
        """
        source = self.read.source
        if not isinstance(source, BigQuerySource) or source.table is None:
            return []
        name = source.date_partition_column
        if name is None:
            return []
        if name in self.schema.names and not _is_date(self.schema.field(name).type):
            return []
        return [_or_null(column(name), exp.and_(*_days(column(name), start, end)))]

    def _own_partitions(self, start: int | None, end: int | None) -> list[exp.Expr]:
        """Return the conditions on the column by which the table says that it is partitioned."""
        metadata = self.schema.metadata or {}
        name = metadata.get(PARTITION, b"").decode()
        if name not in self.schema.names:
            return []
        stored = self.schema.field(name).type
        if name == self.read.timestamp:
            return _instants(column(name), stored, start, end)
        return [_anything(column(name), stored)] if FILTERED in metadata else []


def _power_of_two(size: exp.Expr) -> exp.Expr:
    """Return the greatest power of two up to a size, or, by an error of LOG, the next one."""
    two = exp.Literal.number(2)
    logarithm = exp.Anonymous(this="LOG", expressions=[size, two])
    return exp.Anonymous(this="POW", expressions=[two, exp.Floor(this=logarithm)])


def field(name: str, value: exp.Expr) -> exp.Expr:
    """Return a value as the field of a STRUCT."""
    return exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=value)


def comparable(value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
    """Return a key in the one form that keys of its type have here; null: it is none of them."""
    found = from_arrow(stored)
    if wanted.name == "Uuid":
        return uuid_digits(value, stored)
    if found is not None and _KEY_TYPES.get(found.name) == _KEY_TYPES[wanted.name]:
        return value
    kind = exp.DataType.build(_KEY_TYPES[wanted.name], dialect="bigquery")
    return exp.TryCast(this=value, to=kind)


_KEY_TYPES = {
    "Bool": "BOOL",
    "Int32": "INT64",
    "Int64": "INT64",
    "String": "STRING",
    "Bytes": "BYTES",
    "UnixTimestamp": "TIMESTAMP",
    "Date": "DATE",
}


def _is_date(stored: pa.DataType) -> bool:
    import pyarrow.types as at

    return bool(at.is_date(stored))


def _instants(
    value: exp.Expr, stored: pa.DataType, start: int | None, end: int | None
) -> list[exp.Expr]:
    """Return that an event timestamp lies within two instants, in the type that it is stored as."""
    if _is_date(stored):
        return _days(value, start, end)
    return [] if stored.tz else _moments(value, start, end)  # a TIMESTAMP is compared already


def _anything(value: exp.Expr, stored: pa.DataType) -> exp.Expr:
    """Return a condition that every row meets, for tables that refuse queries without one."""
    kind = "DATE" if _is_date(stored) else "TIMESTAMP" if stored.tz else "DATETIME"
    first = exp.cast(
        exp.Literal.string(date.min.isoformat()), exp.DataType.build(kind, dialect="bigquery")
    )
    return _or_null(value, exp.GTE(this=value.copy(), expression=first))


def _or_null(value: exp.Expr, condition: exp.Expr) -> exp.Expr:
    return exp.paren(exp.or_(condition, exp.Is(this=value.copy(), expression=exp.null())))


def _days(value: exp.Expr, start: int | None, end: int | None) -> list[exp.Expr]:
    """Return that a DATE lies within two instants; without them it lies within the calendar."""
    first = date.min if start is None else from_us(start).date()
    last = date.max if end is None else from_us(end).date()
    return _between(value, first.isoformat(), last.isoformat(), "DATE")


def _moments(value: exp.Expr, start: int | None, end: int | None) -> list[exp.Expr]:
    """Return that a DATETIME, which means UTC, lies within two instants."""
    first = datetime.min if start is None else from_us(start).replace(tzinfo=None)
    last = datetime.max if end is None else from_us(end).replace(tzinfo=None)
    return _between(value, first.isoformat(" "), last.isoformat(" "), "DATETIME")


def _between(value: exp.Expr, first: str, last: str, kind: str) -> list[exp.Expr]:
    wanted = exp.DataType.build(kind, dialect="bigquery")
    return [
        exp.GTE(this=value.copy(), expression=exp.cast(exp.Literal.string(first), wanted)),
        exp.LTE(this=value.copy(), expression=exp.cast(exp.Literal.string(last), wanted)),
    ]
