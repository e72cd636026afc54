"""The rows of a source in Redshift's SQL: what is compared, sorted and given back."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.types as at
from sqlglot import exp

from provender.plugin.sql.names import sql_type
from provender.plugin.sql.rows import SourceRows, newest_first, uuid_digits
from provender.types import FeatureType, from_arrow
from provender_aws.redshift_sql import as_json_bytes, exact, in_utc, unmarked

_INTEGERS = frozenset({"Int32", "Int64"})


@dataclass(frozen=True)
class RedshiftRows(SourceRows):
    """The rows of a source; SUPER goes on as the bytes of JSON, all instants as TIMESTAMPTZ."""

    def feature(self, number: int) -> exp.Expr:
        """Return a feature as the result is to hold it."""
        wanted = self.read.features[number]
        stored = self.schema.field(wanted.source).type
        value = self.stored(wanted.source)
        if at.is_null(stored):
            return as_json_bytes(value)
        if wanted.type.name == "UnixTimestamp":
            return self.to_instant(value, stored)
        return value

    def fresh(self, asked: exp.Expr, event: exp.Expr, ttl: int) -> exp.Expr:
        """Return that an event is at most so many µs older than the instant that is asked for.

        Redshift's intervals know no µs, its DATEDIFF gives a BIGINT:
        https://docs.aws.amazon.com/redshift/latest/dg/r_interval_literals.html
        https://docs.aws.amazon.com/redshift/latest/dg/r_DATEDIFF_function.html
        """
        age = exp.DateDiff(
            this=in_utc(asked), expression=in_utc(event), unit=exp.var("MICROSECOND")
        )
        return exp.LTE(this=age, expression=exp.Literal.number(ttl))

    def newest_first(self) -> list[exp.Expr]:
        """Return the order in which rows of one instant compete; all of a text counts."""
        created, *ties = newest_first(self.features)
        for tie, feature in zip(ties, self.read.features, strict=True):
            if at.is_string(self.schema.field(feature.source).type):
                tie.set("this", exact(tie.this))
        return [created, *ties]

    def text(self, value: exp.Expr, kind: FeatureType, stored: FeatureType) -> exp.Expr:
        """Return a value as text whose trailing blanks count; keys and uuids are that already."""
        return exact(value) if kind.name == "Json" else value

    def shown(self, value: exp.Expr, kind: FeatureType) -> exp.Expr:
        """Return the text of which `text` made a value of a type."""
        return unmarked(value) if kind.name in ("String", "Json") else value

    def key_shown(self, number: int, value: exp.Expr) -> exp.Expr:
        """Return a key as it is stored, not as it is compared."""
        return unmarked(value) if self.read.keys[number].type.name == "String" else value


def comparable(value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
    """Return a key that can be compared with its declared type."""
    found = from_arrow(stored)
    if wanted.name == "Uuid":
        return uuid_digits(value, stored)
    if wanted.name == "String":
        return exact(value if found == wanted else exp.cast(value, sql_type(wanted)))
    if found == wanted or (found and {found.name, wanted.name} <= _INTEGERS):
        return value  # integers of any size compare as they are
    return exp.cast(value, sql_type(wanted))
