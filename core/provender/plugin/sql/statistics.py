"""Statistics of a view's rows, computed in the warehouse: only the results are read from it.

Everything is exact, by what every dialect has. A quantile is taken from the different values with
their counts: it is the least value up to which a large enough part of all values lies, as
``PERCENTILE_DISC`` defines it, which BigQuery has as a window function only, and Redshift with
one order for a whole query:
https://cloud.google.com/bigquery/docs/reference/standard-sql/navigation_functions
https://docs.aws.amazon.com/redshift/latest/dg/r_PERCENTILE_DISC.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from provender.clock import to_us
from provender.plugin.contract.plan import Window
from provender.plugin.sql.counted import Counted, counted_columns
from provender.plugin.sql.names import EVENT, column, double, instant, named, part, table
from provender.plugin.sql.rows import SourceRows, not_null
from provender.plugin.statistics.bars import BARS, bar_bounds, bar_ends, bars
from provender.plugin.statistics.figures import (
    QUANTILES,
    Bin,
    ColumnFigures,
    ViewFigures,
)
from provender.types import FeatureType, Int64, UnixTimestamp

if TYPE_CHECKING:
    import pyarrow as pa

Answer = Callable[[exp.Select, "pa.Schema"], Sequence[tuple[Any, ...]]]
"""Runs a query and returns the rows of its result, with the columns of a schema."""

COLUMNS_PER_QUERY = 20
"""The most columns of one query: warehouses bound the length of its text."""
_ROWS = "__rows"
_GROUPED, _RANKED, _PLACED = "__grouped", "__ranked", "__placed"
_VALUE, _COUNT, _DIFFERENT, _PLACE = "__value", "__count", "__different", "__place"
_UP_TO, _TOTAL, _NUMBER = "__up_to", "__total", "__number"
_QUARTERS = len(QUANTILES) - 1


class Statistics:
    """Asks a warehouse for the figures of a source's rows.

    Each query sees the rows that there are when it runs.

    Args:
        source: The rows.
        window: Those that count.
        answer: What runs a query.
    """

    def __init__(self, source: SourceRows, window: Window, answer: Answer) -> None:
        self._source = source
        self._window = window
        self._answer = answer

    def figures(self, view: str) -> ViewFigures | None:
        """Return the figures; None: the warehouse cannot count some column as it would be read."""
        kinds = counted_columns(self._source)
        if kinds is None:
            return None
        found: list[ColumnFigures] = []
        whole: _Spread | None = None
        for start in range(0, max(len(kinds), 1), COLUMNS_PER_QUERY):
            columns = kinds[start : start + COLUMNS_PER_QUERY]
            spread = self._spread(columns)
            if not all(spread.fits(c) for c in columns):
                return None
            whole = whole or spread
            found += self._described(columns, spread)
        assert whole is not None  # noqa: S101 - there is at least one query
        return ViewFigures(view, whole.rows, whole.first, whole.last, tuple(found))

    def _described(self, columns: Sequence[Counted], spread: _Spread) -> Iterator[ColumnFigures]:
        bins = {**self._bars(columns, spread)}
        distinct = {**spread.distinct}
        for of_bytes in (False, True):
            listed = [c for c in columns if c.is_listed and c.is_bytes == of_bytes]
            for number, (different, found) in self._commonest(listed).items():
                distinct[number], bins[number] = different, found
        for c in columns:
            nans = spread.present[c.number] - spread.numbers.get(c.number, spread.present[c.number])
            yield ColumnFigures(
                c.name,
                str(c.type),
                spread.rows - spread.present[c.number],
                nans,
                None if c.is_nested else distinct.get(c.number, 0) + (nans > 0),
                spread.quantiles.get(c.number, {}),
                bins.get(c.number, ()),
            )

    def _spread(self, columns: Sequence[Counted]) -> _Spread:
        """Count the rows, the values of each column, and find the quantiles of those measured."""
        query = exp.select(copy=False)
        wanted = _Wanted()
        wanted.add(exp.Count(this=exp.Star()), Int64, "rows")
        wanted.add(exp.Min(this=column(EVENT)), UnixTimestamp, "first")
        wanted.add(exp.Max(this=column(EVENT)), UnixTimestamp, "last")
        for c in columns:
            wanted.add(_count(c.value), Int64, "present", c)
            if c.is_float:
                wanted.add(_count_if(c.is_number()), Int64, "numbers", c)
            if c.raw is not None:
                wanted.add(_count(column(c.raw_name)), Int64, "stored", c)
        totals = exp.select(*wanted.values, copy=False).from_(table(_ROWS), copy=False)
        query = query.from_(totals.subquery("__totals", copy=False), copy=False)
        for c in (c for c in columns if c.is_measured):
            start = len(wanted.values)
            wanted.add(exp.Count(this=exp.Star()), Int64, "distinct", c)
            for quarter, share in enumerate(QUANTILES):
                wanted.add(self._source.one_of(_quantile(quarter), c.stored), c.type, share, c)
            measured = exp.select(*wanted.values[start:], copy=False).from_(
                _ranked(c).subquery(_RANKED, copy=False), copy=False
            )
            alias = f"__measured_{c.number}"
            query = query.join(measured.subquery(alias, copy=False), join_type="cross", copy=False)
        query = query.select(*(column(v.alias) for v in wanted.values), copy=False)
        (row,) = self._answer(self._with_rows(query, columns), wanted.schema())
        return _Spread.of(dict(zip(wanted.keys, row, strict=True)))

    def _bars(self, columns: Sequence[Counted], spread: _Spread) -> dict[int, tuple[Bin, ...]]:
        """Count the values of each bar of the histograms."""
        wanted = _Wanted()
        ends: dict[int, list[Any]] = {}
        counted = [c for c in columns if spread.quantiles.get(c.number)]
        for c in counted:
            quantiles = spread.quantiles[c.number]
            ends[c.number] = bar_ends(quantiles[0.0], quantiles[1.0], c.type)
            wanted.add(_count_if(c.is_there()), Int64, 0, c)
            for bar, bound in enumerate(bar_bounds(ends[c.number], c.type), start=1):
                reached = exp.GTE(this=c.value, expression=self._literal(bound))
                wanted.add(_count_if(exp.and_(reached, c.is_there())), Int64, bar, c)
        if not counted:
            return {}
        query = exp.select(*wanted.values, copy=False).from_(table(_ROWS), copy=False)
        (row,) = self._answer(self._with_rows(query, counted), wanted.schema())
        found: dict[int, list[int]] = {}
        for (_, number), count in zip(wanted.keys, row, strict=True):
            found.setdefault(number, []).append(count)
        return {number: bars(ends[number], reached) for number, reached in found.items()}

    def _literal(self, bound: Any) -> exp.Expr:
        if isinstance(bound, datetime):
            return instant(to_us(bound))
        if isinstance(bound, date):
            return exp.cast(exp.Literal.string(bound.isoformat()), exp.DataType.Type.DATE)
        if isinstance(bound, Decimal):
            return self._source.decimal(bound)
        return double(bound) if isinstance(bound, float) else exp.Literal.number(bound)

    def _commonest(self, columns: Sequence[Counted]) -> dict[int, tuple[int, tuple[Bin, ...]]]:
        """Return of each column how many values are different, and which are the commonest."""
        import pyarrow as pa

        if not columns:
            return {}
        value = pa.binary() if columns[0].is_bytes else pa.string()
        names = [_NUMBER, _PLACE, _DIFFERENT, _COUNT, _VALUE]
        schema = pa.schema([*((name, pa.int64()) for name in names[:-1]), (_VALUE, value)])
        parts = [self._commonest_of(c) for c in columns]
        whole: exp.Query = parts[0]
        for other in parts[1:]:
            whole = exp.union(whole, other, distinct=False, copy=False)
        query = exp.select(*map(column, names), copy=False).from_(
            whole.subquery("__commonest", copy=False), copy=False
        )
        rows = sorted(self._answer(self._with_rows(query, columns), schema))
        found = {}
        for c in columns:
            own = [row[2:] for row in rows if row[0] == c.number]
            bins = tuple(Bin(c.plain(v), c.plain(v), count) for _, count, v in own)
            found[c.number] = (own[0][0] if own else 0, bins)
        return found

    def _commonest_of(self, c: Counted) -> exp.Select:
        """Return one row for each of the commonest values, those of one count in their order."""
        order = [
            exp.Ordered(this=column(_COUNT), desc=True, nulls_first=False),
            exp.Ordered(this=column(_VALUE), nulls_first=False),
        ]
        place = exp.Window(this=exp.RowNumber(), order=exp.Order(expressions=order))
        different = exp.Window(this=exp.Count(this=exp.Star()))
        placed = exp.select(
            column(_VALUE),
            column(_COUNT),
            named(different, _DIFFERENT),
            named(place, _PLACE),
            copy=False,
        ).from_(_grouped(c).subquery(_GROUPED, copy=False), copy=False)
        shown = self._source.shown(column(_VALUE), c.type)
        first = exp.LTE(this=column(_PLACE), expression=exp.Literal.number(BARS))
        return (
            exp.select(
                named(exp.Literal.number(c.number), _NUMBER),
                column(_PLACE),
                column(_DIFFERENT),
                column(_COUNT),
                named(shown, _VALUE),
                copy=False,
            )
            .from_(placed.subquery(_PLACED, copy=False), copy=False)
            .where(first, copy=False)
        )

    def _with_rows(self, query: exp.Select, columns: Sequence[Counted]) -> exp.Select:
        """Return a query with the columns that it counts, under numbers for names."""
        source = self._source
        values = [named(c.made.copy(), c.name_inside) for c in columns]
        raw = [named(c.raw.copy(), c.raw_name) for c in columns if c.raw is not None]
        rows = exp.select(named(source.event(), EVENT), *values, *raw, copy=False)
        rows = rows.from_(source.relation.copy(), copy=False)
        rows = rows.where(not_null(source.event()), *source.within(self._window), copy=False)
        return query.with_(part(_ROWS), as_=rows, materialized=False, copy=False)


@dataclass(frozen=True)
class _Wanted:
    """The columns of a result: what they are, and what each of them is for."""

    values: list[exp.Expr] = field(default_factory=list)
    keys: list[tuple[Any, int]] = field(default_factory=list)
    fields: list[tuple[str, FeatureType]] = field(default_factory=list)

    def add(self, value: exp.Expr, kind: FeatureType, what: Any, of: Counted | None = None) -> None:
        self.values.append(named(value, f"__result_{len(self.values)}"))
        self.keys.append((what, of.number if of else -1))
        self.fields.append((of.name if of else str(what), kind))

    def schema(self) -> pa.Schema:
        import pyarrow as pa

        return pa.schema([pa.field(name, kind.arrow()) for name, kind in self.fields])


@dataclass(frozen=True)
class _Spread:
    """What the first query found; everything of a column is found by its number."""

    rows: int
    first: datetime | None
    last: datetime | None
    present: Mapping[int, int]
    numbers: Mapping[int, int]
    stored: Mapping[int, int]
    distinct: Mapping[int, int]
    quantiles: Mapping[int, Mapping[float, Any]]

    @classmethod
    def of(cls, found: Mapping[tuple[Any, int], Any]) -> _Spread:
        def by_number(what: Any) -> dict[int, Any]:
            return {number: value for (key, number), value in found.items() if key == what}

        shares = {share: by_number(share) for share in QUANTILES}
        quantiles = {
            number: {share: _utc(values[number]) for share, values in shares.items()}
            for number, least in shares[0.0].items()
            if least is not None
        }
        first, last = (_utc(found[end, -1]) for end in ("first", "last"))
        return cls(
            found["rows", -1],
            first,
            last,
            by_number("present"),
            by_number("numbers"),
            by_number("stored"),
            by_number("distinct"),
            quantiles,
        )

    def fits(self, c: Counted) -> bool:
        """Return whether every stored value of a column is one of its type."""
        return c.raw is None or self.stored[c.number] == self.present[c.number]


def _grouped(c: Counted) -> exp.Select:
    """Return the different values of a column, and how many of each count in the quantiles."""
    counts = _count_if(c.is_there()) if c.is_float else exp.Count(this=exp.Star())
    there = c.is_number() if c.is_float else not_null(c.value)
    query = exp.select(named(c.value, _VALUE), named(counts, _COUNT), copy=False)
    return (
        query.from_(table(_ROWS), copy=False).where(there, copy=False).group_by(c.value, copy=False)
    )


def _ranked(c: Counted) -> exp.Select:
    """Return the different values, with how many values lie up to each, and how many there are.

    Redshift wants the frame to be given:
    https://docs.aws.amazon.com/redshift/latest/dg/r_Window_function_synopsis.html
    """
    up_to = exp.Window(
        this=exp.Sum(this=column(_COUNT)),
        order=exp.Order(expressions=[exp.Ordered(this=column(_VALUE), nulls_first=False)]),
        spec=exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
        ),
    )
    total = exp.Window(this=exp.Sum(this=column(_COUNT)))
    query = exp.select(
        column(_VALUE), column(_COUNT), named(up_to, _UP_TO), named(total, _TOTAL), copy=False
    )
    return query.from_(_grouped(c).subquery(_GROUPED, copy=False), copy=False)


def _quantile(quarter: int) -> exp.Expr:
    """Return the least value up to which so many quarters of the values lie."""
    parts = exp.Literal.number(_QUARTERS), exp.Literal.number(quarter)
    far = exp.GTE(
        this=exp.Mul(this=column(_UP_TO), expression=parts[0]),
        expression=exp.Mul(this=column(_TOTAL), expression=parts[1]),
    )
    counts = exp.GT(this=column(_COUNT), expression=exp.Literal.number(0))
    return exp.Min(this=exp.Case().when(exp.and_(counts, far), column(_VALUE)))


def _count(value: exp.Expr) -> exp.Expr:
    return exp.Count(this=value)


def _count_if(condition: exp.Expr) -> exp.Expr:
    return exp.Count(this=exp.Case().when(condition, exp.Literal.number(1)))


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
