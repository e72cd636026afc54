"""`PointInTimeJoin`: entity rows with the newest matching row of each view, as a query.

The query is built of parts that have names in it: the entity rows; for each view the rows that can
match, and where a dialect needs it, which of them does; then the joins of the entity rows with
them. `AsOfJoin`, `UnionJoin` and `KnownAtJoin` are three ways to write the parts; a provider
overrides those that its warehouse wants otherwise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from sqlglot import exp

from provender.clock import to_us
from provender.errors import StoreError
from provender.plugin.contract.plan import HistoricalPlan, ViewJoin, Window
from provender.plugin.sql.names import (
    EVENT,
    KNOWN,
    ROW,
    SPINE,
    column,
    key_name,
    named,
    part,
    spine_name,
    table,
    view_name,
)
from provender.plugin.sql.rows import Instant, Key, SourceRows
from provender.plugin.sql.session import Result
from provender.plugin.sql.spine import SpineFacts

EARLIEST = to_us(datetime.min)
"""The first instant that a literal can name, in µs."""
LONGEST = to_us(datetime.max) - EARLIEST
"""The longest time between two instants, in µs."""
FEW = 250_000
"""Up to so many spine rows, reading only the keys of the spine costs less than it saves."""

Fits = Callable[[exp.Select, int], bool]
"""Returns whether the warehouse takes a query of so many views as one statement."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a query that has a name in it.

    Attributes:
        name: Its name.
        query: What it is.
        once: Whether it is computed once, in the dialects that can be told so.
    """

    name: str
    query: exp.Query
    once: bool = False


@dataclass(frozen=True, slots=True)
class JoinedView:
    """One view of a join.

    Attributes:
        name: The name of its candidates in the query.
        join: What is wanted of it.
        source: Its rows.
        spine_keys: The columns of the spine, as the query has it, that are its join keys.
    """

    name: str
    join: ViewJoin
    source: SourceRows
    spine_keys: tuple[str, ...]

    @property
    def matches(self) -> str:
        """The name in the query of what was found for the instants that are asked for."""
        return f"{self.name}_matches"


@dataclass(frozen=True)
class PointInTimeJoin(ABC):
    """The join of a plan.

    Attributes:
        plan: What to join.
        staged: The entity rows, as the relation after FROM.
        facts: What is known of them.
        sources: The rows of each view of the plan.
        to_instant: Turns a stored column into a timestamp in UTC.
        to_key: Makes a key comparable, of the entity rows and of the sources alike.
        own: Whether the columns of the entity rows are part of the result; those of a table are
            put beside it.
        ordered: Whether the result is in the order of the entity rows.
        spine_once: See `Part.once`.
        row: The column of the spine, as the query has it, with the number of each row.
    """

    plan: HistoricalPlan
    staged: exp.Expr
    facts: SpineFacts
    sources: Sequence[SourceRows]
    to_instant: Instant
    to_key: Key
    own: bool = True
    ordered: bool = True
    spine_once: ClassVar[bool] = False
    row: ClassVar[str] = ROW

    # ---- the parts ------------------------------------------------------------------------

    def spine(self) -> exp.Select:
        """Return the entity rows: their own columns, instants, numbers and keys."""
        return self._spine_of(
            self.carried(), [*self.instants(), named(self.number(), self.row), *self.keys()]
        )

    def shared(self) -> Sequence[Part]:
        """Return the parts that the views share."""
        return []

    @abstractmethod
    def candidates(self, view: JoinedView) -> Sequence[Part]:
        """Return the rows of a view that can match; the last part has the view's name."""

    def matches(self, view: JoinedView) -> Sequence[Part]:
        """Return which candidate each key and instant matches, where the joins do not find it."""
        return []

    @abstractmethod
    def joined(self, query: exp.Select, view: JoinedView) -> exp.Select:
        """Join the entity rows with what matches of a view."""

    def outputs(self, view: JoinedView) -> list[exp.Expr]:
        """Return the features of a view that each entity row has; null: none, or one too old."""
        return [self.in_time(column(f, view.name), view) for f in view.source.features]

    # ---- the whole ------------------------------------------------------------------------

    def query(self) -> exp.Select:
        """Return one query for everything."""
        query = exp.select(copy=False).from_(table(SPINE), copy=False)
        parts = [Part(SPINE, self.spine(), self.spine_once), *self.shared()]
        outputs = self._own_outputs()
        for view in self.views():
            parts += [*self.candidates(view), *self.matches(view)]
            query = self.joined(query, view)
            outputs += map(named, self.outputs(view), view.join.outputs)
        for some in parts:
            query = self.with_part(query, some)
        return self.in_order(query.select(*outputs, copy=False))

    def result(self) -> Result:
        """Return what the query gives: the spine's own columns, if any, then the outputs."""
        import pyarrow as pa

        names = self.plan.spine_columns if self.own else ()
        fields = [self.facts.schema.field(name) for name in names]
        stored = [field.type for field in fields]
        for join, source in zip(self.plan.joins, self.sources, strict=True):
            features = join.read.features
            fields += map(pa.field, join.outputs, [feature.type.arrow() for feature in features])
            stored += [source.schema.field(feature.source).type for feature in features]
        return Result(pa.schema(fields), tuple(stored), self.facts.rows, self.ordered)

    def views(self) -> Iterator[JoinedView]:
        """Return the views."""
        keys = self.key_names()
        for number, (join, source) in enumerate(zip(self.plan.joins, self.sources, strict=True)):
            spine_keys = tuple(keys[name] for name in join.spine_keys)
            yield JoinedView(view_name(number), join, source, spine_keys)

    def with_part(self, query: exp.Select, some: Part) -> exp.Select:
        """Add a part to a query."""
        once = some.once or None
        return query.with_(part(some.name), as_=some.query, materialized=once, copy=False)

    def in_order(self, query: exp.Select) -> exp.Select:
        """Return a query over the spine in its order, if that is wanted."""
        return query.order_by(column(self.row, SPINE), copy=False) if self.ordered else query

    # ---- several queries ------------------------------------------------------------------

    def pieces(self, fits: Fits) -> list[tuple[range, exp.Select]]:
        """Cut the join into queries of some of its views; the result of each is to be kept.

        Args:
            fits: Whether a query can be one statement.

        Raises:
            StoreError: The query of one view alone cannot.
        """
        return list(self._cut(range(len(self.plan.joins)), fits))

    def over(self, kept: Sequence[tuple[range, exp.Expr]]) -> exp.Select:
        """Return the join as a query over pieces of it that were kept.

        Args:
            kept: The views of each piece, and its rows as the relation after FROM.
        """
        columns = self.facts.columns
        own = self.plan.spine_columns if self.own else ()
        query = exp.select(*(named(column(columns[name], SPINE), name) for name in own))
        query = query.from_(table(SPINE), copy=False)
        query = query.with_(part(SPINE), as_=exp.select("*").from_(self.staged.copy()))
        number = self._order()
        for place, (views, relation) in enumerate(kept):
            name = f"__piece_{place}"
            on = exp.EQ(this=column(number, SPINE), expression=column(ROW, name))
            rows = exp.alias_(relation, name, table=True, quoted=True)
            query = query.join(rows, on=on, join_type="left", copy=False)
            outputs = [output for view in views for output in self.plan.joins[view].outputs]
            found = [column(kept_name, name) for kept_name in self._kept_names(views)]
            query = query.select(*map(named, found, outputs), copy=False)
        return query.order_by(column(number, SPINE), copy=False) if self.ordered else query

    def _cut(self, views: range, fits: Fits) -> Iterator[tuple[range, exp.Select]]:
        query = self._piece(views)
        if fits(query, len(views)):
            yield views, query
        elif len(views) == 1:
            raise StoreError(
                f"the query of view {self.plan.joins[views[0]].view!r} alone is too long",
                fix="request fewer of its features, or make a database view of the source's query",
            )
        else:
            half = len(views) // 2
            yield from self._cut(views[:half], fits)
            yield from self._cut(views[half:], fits)

    def _piece(self, views: range) -> exp.Select:
        """Return the query of some views, with the number of each entity row."""
        joins = tuple(
            replace(self.plan.joins[view], outputs=tuple(self._kept_names(range(view, view + 1))))
            for view in views
        )
        sources = [self.sources[view] for view in views]
        plan = replace(self.plan, joins=joins)
        some = replace(self, plan=plan, sources=sources, own=False, ordered=False)
        return some.query().select(named(column(self.row, SPINE), ROW), copy=False)

    def _kept_names(self, views: range) -> list[str]:
        """Return internal names for the outputs of some views."""
        return [f"c{v}_{n}" for v in views for n in range(len(self.plan.joins[v].outputs))]

    def _order(self) -> str:
        if self.facts.order is None:
            raise TypeError("a join can be cut only when its entity rows are numbered")
        return self.facts.order

    # ---- what parts are made of -----------------------------------------------------------

    def key_names(self) -> Mapping[str, str]:
        """Return the name that each join key has in the spine, by the spine's column."""
        names = dict.fromkeys(name for join in self.plan.joins for name in join.spine_keys)
        return {name: key_name(number) for number, name in enumerate(names)}

    def carried(self) -> Sequence[str]:
        """Return the spine's own columns that the query has."""
        return self.plan.spine_columns if self.own else ()

    def spine_column(self, name: str) -> exp.Expr:
        """Return a column of the entity rows as it is staged."""
        return column(self.facts.columns[name])

    def instants(self) -> list[exp.Expr]:
        """Return the instant of each entity row, and the one up to which it knows the sources."""
        wanted = {EVENT: self.plan.timestamp}
        if isinstance(self.plan.known_at, str):
            wanted[KNOWN] = self.plan.known_at
        return [
            named(self.to_instant(self.spine_column(own), self.facts.schema.field(own).type), name)
            for name, own in wanted.items()
        ]

    def keys(self) -> list[exp.Expr]:
        """Return the keys of the entity rows as they are compared."""
        schema, types = self.facts.schema, self.plan.spine_types
        return [
            named(self.to_key(self.spine_column(own), schema.field(own).type, types[own]), name)
            for own, name in self.key_names().items()
        ]

    def number(self) -> exp.Expr:
        """Return the number of each entity row: as it is staged, or as the warehouse reads them."""
        if self.facts.order:
            return column(self.facts.order)
        nothing = exp.Subquery(this=exp.select("1", copy=False))
        return exp.Window(this=exp.RowNumber(), order=exp.Order(expressions=[nothing]))

    def window(self, view: JoinedView) -> Window:
        """Return the rows of a view that any entity row can match."""
        facts, ttl = self.facts, view.join.ttl
        start = None if facts.first is None or not ttl else facts.first - ttl
        within = start is not None and start >= EARLIEST
        known_at = None if isinstance(self.plan.known_at, str) else self.plan.known_at
        return Window(start if within else None, facts.last, known_at=known_at)

    def used_keys(self, view: JoinedView) -> exp.Subquery | None:
        """Return the keys of the entity rows, to leave out rows of all others.

        Returns:
            A query in brackets, or None when that costs more than it saves.
        """
        rows = self.facts.rows
        if not view.spine_keys or rows is None or rows > FEW:
            return None
        pairs = zip(view.spine_keys, view.source.keys, strict=True)
        keys = (named(column(own), key) for own, key in pairs)
        query = exp.select(*keys, copy=False).from_(table(SPINE), copy=False)
        return query.distinct(copy=False).subquery("used", copy=False)

    def in_time(self, value: exp.Expr, view: JoinedView) -> exp.Expr:
        """Return a value, or null when its row is older than the ttl allows."""
        ttl = view.join.ttl
        if not ttl or ttl > LONGEST:
            return value
        fresh = view.source.fresh(column(EVENT, SPINE), column(EVENT, view.name), ttl)
        return exp.Case().when(fresh, value)

    def _spine_of(self, carried: Sequence[str], values: Sequence[exp.Expr]) -> exp.Select:
        """Return a query over the entity rows of some of their columns, and of other values."""
        places = {name: place for place, name in enumerate(self.plan.spine_columns)}
        own = [named(self.spine_column(name), spine_name(places[name])) for name in carried]
        return exp.select(*own, *values, copy=False).from_(self.staged.copy(), copy=False)

    def _own_outputs(self) -> list[exp.Expr]:
        """Return the entity rows' own columns, if they are part of the result."""
        names = self.plan.spine_columns if self.own else ()
        return [named(column(spine_name(i), SPINE), name) for i, name in enumerate(names)]


def equal(left: str, right: str, pairs: Sequence[tuple[str, str]]) -> exp.Expr:
    """Return the condition that columns of two parts of a query are equal."""
    return exp.and_(
        *(exp.EQ(this=column(a, left), expression=column(b, right)) for a, b in pairs), copy=False
    )


def left_join(
    query: exp.Select, left: str, right: str, pairs: Sequence[tuple[str, str]]
) -> exp.Select:
    """Add a left join by equal columns of two parts of a query."""
    return query.join(table(right), on=equal(left, right, pairs), join_type="left", copy=False)


def using(query: exp.Select, other: exp.Expr, kind: str, names: Sequence[str]) -> exp.Select:
    """Add a join with another part of a query by columns that both have."""
    identifiers: list[int | str | exp.Expr] = [exp.to_identifier(n, quoted=True) for n in names]
    return query.join(other, using=identifiers, join_type=kind, copy=False)
