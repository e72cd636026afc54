"""The point-in-time join as one BigQuery query whose work grows with the rows, not their product.

For each view the instants that are asked for and the view's rows are put into one sequence per
key, sorted by time; a window carries the newest row forward to each instant; its result is joined
back to the entity rows by equality. A source is read once, and no join compares two instants by
order. The window's sort settles ties too: the last of the rows of one instant is the newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from sqlglot import exp

from provender.plugin.sql import JoinedView, KnownAtJoin, Part, PointInTimeJoin
from provender.plugin.sql.join import LONGEST, Fits, equal, using
from provender.plugin.sql.known_join import found_on
from provender.plugin.sql.names import CREATED, EVENT, KNOWN, ORDER, SPINE, column, named, table
from provender.plugin.sql.rows import not_null
from provender.plugin.sql.union_join import asked_once
from provender_gcp.bigquery_rows import BigQueryRows, field
from provender_gcp.bigquery_types import LIST

_ASKED = "__asked"
_ROW = "__row"
_FOUND = "__found"


@dataclass(frozen=True)
class BigQueryJoin(PointInTimeJoin):
    """The parts of a join, as BigQuery wants them.

    Attributes:
        arrays: Whether plain arrays come out as such, their nulls empty.
    """

    arrays: bool = False
    row: ClassVar[str] = ORDER

    def spine(self) -> exp.Select:
        """Return the entity rows; they are numbered only where their order matters."""
        order = [column(ORDER)] if self.ordered else []
        return self._spine_of(self.carried(), [*self.instants(), *self.keys(), *order])

    def key_names(self) -> Mapping[str, str]:
        """Return the name that each join key has in the spine, none of which a view's key has."""
        return {own: f"__spine_{name}" for own, name in super().key_names().items()}

    def candidates(self, view: JoinedView) -> Sequence[Part]:
        """Return, for each key and instant that is asked for, the newest row of a view."""
        return [Part(view.name, self.found(view))]

    def found(self, view: JoinedView) -> exp.Select:
        """Return the newest row for each key and instant, as one value."""
        keys = view.source.keys
        window = exp.Window(
            this=exp.IgnoreNulls(this=exp.LastValue(this=column(_ROW))),
            partition_by=[column(key) for key in keys],
            order=exp.Order(expressions=_sequence(_rows_of(view))),
            spec=exp.WindowSpec(
                kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
            ),
        )
        both = exp.union(self._rows(view), _asked(view), distinct=False)
        newest = exp.select(*map(column, [*keys, EVENT, _ASKED]), named(window, _FOUND))
        newest = newest.from_(both.subquery("both"))
        found = exp.select(*map(column, [*keys, EVENT, _FOUND])).from_(newest.subquery("newest"))
        return found.where(column(_ASKED), not_null(column(_FOUND)), *_in_time(view))

    def joined(self, query: exp.Select, view: JoinedView) -> exp.Select:
        """Join the entity rows with what was found."""
        return self._with_found(query, view, table(view.name))

    def outputs(self, view: JoinedView) -> list[exp.Expr]:
        """Return the features of the row that was found."""
        found = column(_FOUND, view.name)
        lists = [self.arrays and _rows_of(view).is_array(i) for i in range(len(view.join.outputs))]
        return [
            inside(found, name, *([LIST] if is_list else []))
            for name, is_list in zip(view.source.features, lists, strict=True)
        ]

    def with_part(self, query: exp.Select, some: Part) -> exp.Select:
        """Add a part to a query."""
        return query.with_(some.name, as_=some.query, copy=False)

    def pieces(self, fits: Fits) -> list[tuple[range, exp.Select]]:
        """Return what is found of each view as a query of its own; entity rows have no number."""
        parts = enumerate(map(self.found, self.views()))
        return [
            (range(place, place + 1), query.with_(SPINE, as_=self.spine()))
            for place, query in parts
        ]

    def over(self, kept: Sequence[tuple[range, exp.Expr]]) -> exp.Select:
        """Return the entity rows with what was found of each view, and kept."""
        query = exp.select().from_(table(SPINE)).with_(SPINE, as_=self.spine())
        outputs = self._own_outputs()
        for view, (_, relation) in zip(self.views(), kept, strict=True):
            query = self._with_found(query, view, relation)
            outputs += map(named, self.outputs(view), view.join.outputs)
        return self.in_order(query.select(*outputs, copy=False))

    def _with_found(self, query: exp.Select, view: JoinedView, found: exp.Expr) -> exp.Select:
        pairs = [*zip(view.spine_keys, view.source.keys, strict=True), (EVENT, EVENT)]
        pairs += [(KNOWN, KNOWN)] if isinstance(self.plan.known_at, str) else []
        rows = exp.alias_(found, view.name, table=True, quoted=True)
        on = equal(SPINE, view.name, pairs)
        return query.join(rows, on=on, join_type="left", copy=False)

    def _rows(self, view: JoinedView) -> exp.Select:
        """Return the rows of a view's source, each as one value beside its key and instant."""
        source = view.source
        rows = exp.select(*map(column, [*source.keys, EVENT, CREATED]))
        rows = rows.select(named(_row(source.features), _ROW), named(exp.false(), _ASKED))
        rows = rows.from_(source.select(self.window(view)).subquery("stored"))
        used = self.used_keys(view)
        return rows if used is None else using(rows, used, "inner", source.keys)


class BigQueryKnownAtJoin(BigQueryJoin):
    """A join of a plan whose `known_at` is a column of the entity rows."""

    def found(self, view: JoinedView) -> exp.Select:
        """Return the newest row for each key and pair of instants, as one value."""
        known = KnownAtJoin(
            self.plan, self.staged, self.facts, self.sources, self.to_instant, self.to_key
        )
        rows = replace(view, name=f"{view.name}_rows")
        keys = [column(key, rows.matches) for key in (*view.source.keys, EVENT, KNOWN)]
        query = exp.select(*keys, named(_row(view.source.features, rows.name), _FOUND))
        query = query.from_(table(rows.matches)).join(
            table(rows.name), on=found_on(rows), join_type="inner"
        )
        query = exp.select("*").from_(query.subquery("found")).where(*_in_time(view))
        for some in (*known.shared(), *known.candidates(rows), *known.matches(rows)):
            query = self.with_part(query, some)
        return query


def spine_ends(rows: exp.Expr, event: exp.Expr) -> exp.Select:
    """Return the query for the number of entity rows, and their first and last instant in µs."""
    micros = exp.Anonymous(this="UNIX_MICROS", expressions=[event])
    found = {
        "first": exp.Min(this=micros),
        "last": exp.Max(this=micros.copy()),
        "rows": exp.Count(this=exp.Star()),
    }
    return exp.select(*(named(value, name) for name, value in found.items())).from_(rows.copy())


def _row(features: Sequence[str], rows: str | None = None) -> exp.Expr:
    """Return the event timestamp and the features of a row as one value."""
    return exp.Struct(expressions=[field(n, column(n, rows)) for n in (EVENT, *features)])


def _rows_of(view: JoinedView) -> BigQueryRows:
    if not isinstance(view.source, BigQueryRows):
        raise TypeError(view.source)
    return view.source


def _asked(view: JoinedView) -> exp.Select:
    """Return the keys and instants that are asked for, each once."""
    nothing = [named(exp.null(), name) for name in (CREATED, _ROW)]
    wanted = map(column, [*view.source.keys, EVENT])
    query = exp.select(*wanted, *nothing, named(exp.true(), _ASKED))
    return query.from_(asked_once(view, [EVENT]).subquery("asked"))


def _sequence(source: BigQueryRows) -> list[exp.Expr]:
    """Return the order of rows and instants of one key: a row stands before its instant."""
    ties = [source.sortable(i, inside(column(_ROW), n)) for i, n in enumerate(source.features)]
    first = [column(EVENT), column(_ASKED), column(CREATED)]
    return [exp.Ordered(this=value, desc=False, nulls_first=True) for value in [*first, *ties]]


def _in_time(view: JoinedView) -> list[exp.Expr]:
    """Return that a row that was found is not older than the ttl allows."""
    ttl = view.join.ttl
    if not ttl or ttl > LONGEST:
        return []
    return [view.source.fresh(column(EVENT), inside(column(_FOUND), EVENT), ttl)]


def inside(value: exp.Expr, *fields: str) -> exp.Expr:
    """Return a field of a STRUCT, or a field of a field."""
    for part in fields:
        value = exp.Dot(this=value, expression=exp.to_identifier(part, quoted=True))
    return value
