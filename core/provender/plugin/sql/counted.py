"""Columns as they are counted: values that compare and sort as those that would be read."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from provender.plugin.contract.plan import Column
from provender.plugin.sql.names import column
from provender.plugin.sql.rows import SourceRows, not_null
from provender.plugin.statistics.figures import MEASURED, NESTED
from provender.types import FeatureType, from_arrow

_TEXTS = ("String", "Json", "Uuid")


@dataclass(frozen=True)
class Counted:
    """A column that is counted.

    Attributes:
        source: The rows that it is a column of.
        number: Its place among the keys and features.
        name: Its name.
        type: Its type.
        stored: The type that it is stored as.
        made: Its values, such that equal ones compare equal and their order is that of the type.
        raw: Its values as they are stored, when some may be none of the type; null: it is none.
    """

    source: SourceRows
    number: int
    name: str
    type: FeatureType
    stored: FeatureType
    made: exp.Expr
    raw: exp.Expr | None = None

    @property
    def name_inside(self) -> str:
        """The column's name in the query."""
        return f"__column_{self.number}"

    @property
    def raw_name(self) -> str:
        """The name there of what is stored."""
        return f"__stored_{self.number}"

    @property
    def value(self) -> exp.Expr:
        """The column in the query."""
        return column(self.name_inside)

    @property
    def is_measured(self) -> bool:
        """Whether it has quantiles and a histogram."""
        return self.type.name in MEASURED

    @property
    def is_nested(self) -> bool:
        """Whether only its nulls are counted."""
        return self.type.name in NESTED

    @property
    def is_listed(self) -> bool:
        """Whether it has its commonest values listed."""
        return not self.is_measured and not self.is_nested

    @property
    def is_float(self) -> bool:
        """Whether it may hold NaN and the infinities."""
        return self.type.name.startswith("Float")

    @property
    def is_bytes(self) -> bool:
        """Whether its values are bytes."""
        return self.type.name == "Bytes"

    def is_there(self) -> exp.Expr:
        """Return that a value counts in quantiles and bars: it is no null and finite."""
        return self.source.is_finite(self.value) if self.is_float else not_null(self.value)

    def is_number(self) -> exp.Expr:
        """Return that a float is neither NaN nor a null."""
        return self.source.is_number(self.value)

    def plain(self, value: Any) -> Any:
        """Return the Python value of one that came as text or as bytes."""
        if self.type.name == "Bool":
            return value == "true"
        return uuid.UUID(value) if self.type.name == "Uuid" else value


def counted_columns(source: SourceRows) -> list[Counted] | None:
    """Return the keys and features as they are counted; None: one of them cannot be."""
    read = source.read
    found = [_key(source, number, key) for number, key in enumerate(read.keys)]
    for place, feature in enumerate(read.features):
        made = _feature(source, len(read.keys) + place, place, feature)
        if made is None:
            return None
        found.append(made)
    return found


def _key(source: SourceRows, number: int, key: Column) -> Counted:
    made = _comparable(source, source.key(number), key.type, key.type)
    return Counted(source, number, key.name, key.type, key.type, made)


def _feature(source: SourceRows, number: int, place: int, feature: Column) -> Counted | None:
    stored = source.schema.field(feature.source).type
    found, wanted = from_arrow(stored), feature.type
    if wanted.name in NESTED:
        there = exp.Case().when(not_null(source.feature(place)), exp.Literal.number(1))
        return Counted(source, number, feature.name, wanted, wanted, there)
    if found is None or not _counted_alike(found, wanted):
        return None
    value = source.stored(feature.source)
    raw = None
    if wanted.name == "Uuid":
        raw, value = value, source.to_key(value.copy(), stored, wanted)
    elif wanted.name == "String":
        value = source.to_key(value, stored, wanted)
    elif wanted.name == "UnixTimestamp":
        value = source.to_instant(value, stored)
    elif (wanted.name, found.name) == ("Float32", "Float64"):
        raw, value = value, source.rounded(value.copy())
    made = _comparable(source, value, wanted, found)
    return Counted(source, number, feature.name, wanted, found, made, raw)


def _counted_alike(found: FeatureType, wanted: FeatureType) -> bool:
    """Return whether stored values can be counted in place of those that would be read of them."""
    if found.digits and wanted.digits:
        return found.digits[1] <= wanted.digits[1]
    return (found.name, wanted.name) != ("Uuid", "Bytes")


def _comparable(
    source: SourceRows, value: exp.Expr, kind: FeatureType, stored: FeatureType
) -> exp.Expr:
    """Return a value as it is counted."""
    if kind.name == "Bool":
        true, false = exp.Literal.string("true"), exp.Literal.string("false")
        return exp.Case().when(value, true).when(exp.Not(this=value.copy()), false)
    return source.text(value, kind, stored) if kind.name in _TEXTS else value
