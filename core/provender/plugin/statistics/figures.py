"""The statistics of a view and of each of its columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from provender.errors import count_text, shortened

QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
"""The shares for which `ColumnFigures` has quantiles: quarters."""
MEASURED = frozenset({"Int32", "Int64", "Float32", "Float64", "Decimal", "UnixTimestamp", "Date"})
"""Names of the types that have quantiles and a histogram: numbers, instants and dates."""
NESTED = frozenset({"Array", "Map", "Struct"})
"""Names of the types of which only nulls are counted."""


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a histogram: how many values lie from `low` to `high`.

    The last bin has its upper end, the others have not.
    """

    low: Any
    high: Any
    count: int


@dataclass(frozen=True, slots=True)
class ColumnFigures:
    """What is told of a column.

    Attributes:
        name: Its name.
        type: Its type, as `provender.types` writes it.
        nulls: How many values are null.
        nans: How many are no number (NaN); they stand in no quantile and no bin.
        distinct: How many different values there are, nulls apart; None for lists, maps and
            structs.
        quantiles: Values that so large a share of the values does not exceed: 0.0 is the least,
            0.5 the median, 1.0 the greatest. Empty where values have no order.
        bins: The histogram of numbers, instants and dates; of other columns the commonest values.
    """

    name: str
    type: str
    nulls: int
    nans: int = 0
    distinct: int | None = None
    quantiles: Mapping[float, Any] = field(default_factory=dict)
    bins: tuple[Bin, ...] = ()

    def __repr__(self) -> str:
        distinct = "" if self.distinct is None else f", {self.distinct:,} different"
        nans = f", {self.nans:,} NaN" if self.nans else ""
        return f"<ColumnFigures {self.name}: {self.type}, {self.nulls:,} null{nans}{distinct}>"


@dataclass(frozen=True, slots=True)
class ViewFigures:
    """What is told of the rows of a view.

    Attributes:
        view: Its name.
        rows: How many rows there are.
        first: The earliest event timestamp, in UTC; None: there are no rows.
        last: The latest event timestamp.
        columns: Its join keys and features.
    """

    view: str
    rows: int
    first: datetime | None
    last: datetime | None
    columns: tuple[ColumnFigures, ...]

    def __repr__(self) -> str:
        ends = f" from {self.first.isoformat()}" if self.first else ""
        ends += f" to {self.last.isoformat()}" if self.last else ""
        names = shortened(column.name for column in self.columns)
        return f"<ViewFigures of {self.view!r}: {count_text(self.rows, 'row')}{ends}; {names}>"
