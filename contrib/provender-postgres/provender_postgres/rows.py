"""What PostgreSQL's SQL has of its own: how rows compete, and how keys are compared."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from sqlglot import exp

from provender.plugin.sql.names import CREATED, column, sql_type
from provender.plugin.sql.rows import SourceRows
from provender.types import FeatureType, from_arrow

_UUID = "^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"
_INTEGERS = ("Int32", "Int64")


@dataclass(frozen=True)
class PostgresRows(SourceRows):
    """The rows of a source; types that PostgreSQL cannot sort are sorted as text."""

    def newest_first(self) -> list[exp.Expr]:
        """Return the order in which rows of one key and one event timestamp compete."""
        created = exp.Ordered(this=column(CREATED), desc=True, nulls_first=False)
        ties = [
            exp.Ordered(this=self._sortable(number, name), desc=True, nulls_first=False)
            for number, name in enumerate(self.features)
        ]
        return [created, *ties]

    def _sortable(self, number: int, name: str) -> exp.Expr:
        kind = self.read.features[number].type.name
        if kind == "Json":
            return exp.cast(column(name), exp.DataType.Type.TEXT)
        return column(name)

    def text(self, value: exp.Expr, kind: FeatureType, stored: FeatureType) -> exp.Expr:
        """Return a value as text that is sorted by its code points, whatever the database's order.

        https://www.postgresql.org/docs/current/collation.html
        """
        plain = exp.cast(value, exp.DataType.Type.TEXT)
        return exp.Collate(this=plain, expression=exp.to_identifier("C", quoted=True))


def comparable(value: exp.Expr, stored: pa.DataType, wanted: FeatureType) -> exp.Expr:
    """Return a key that can be compared with its declared type; what is none of it is null."""
    found = from_arrow(stored)
    if found == wanted or (found and {found.name, wanted.name} <= set(_INTEGERS)):
        return value  # integers of any size compare as they are
    cast = exp.cast(value, sql_type(wanted))
    if wanted.name == "Uuid" and found is not None and found.name == "String":
        fits = exp.RegexpLike(this=value, expression=exp.Literal.string(_UUID))
        return exp.Case().when(fits, cast)
    return cast
