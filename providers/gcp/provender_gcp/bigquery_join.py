"""The point-in-time join as one BigQuery query whose work grows with the rows, not their product.

For each view the instants that are asked for and the view's rows are put into one sequence per
key, sorted by time; a window carries the newest row forward to each instant; its result is joined
back to the entity rows by equality. A source is read once, and no join compares two instants by
order. The window's sort settles ties too: the last of the rows of one instant is the newest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from provender.plugin import HistoricalPlan
from provender.plugin.sql.as_of_join import FEW, LONGEST, SpineFacts, view_window
from provender.plugin.sql.known_join import KnownPart
from provender.plugin.sql.names import (
    CREATED,
    EVENT,
    KNOWN,
    ORDER,
    column,
    key_name,
    named,
    spine_name,
    table,
)
from provender.plugin.sql.rows import Instant, Key, not_null
from provender_gcp.bigquery_rows import BigQueryRows, field
from provender_gcp.bigquery_types import LIST

SPINE = "__spine"
_ASKED = "__asked"
_ROW = "__row"
_FOUND = "__found"


@dataclass(frozen=True)
class Join:
    """The parts of a join, as queries.

    Attributes:
        plan: What to join.
        spine: The entity rows, as what stands after FROM.
        facts: What is known of them.
        sources: The rows of each view of the plan.
        to_instant: Turns a stored column into a timestamp in UTC.
        to_key: Makes a stored key comparable.
        own: Whether the spine's own columns are part of the result.
        ordered: Whether the result is in the order of the spine, whose rows are then numbered.
    """

    plan: HistoricalPlan
    spine: exp.Expr
    facts: SpineFacts
    sources: Sequence[BigQueryRows]
    to_instant: Instant
    to_key: Key
    own: bool = True
    ordered: bool = False

    def whole(self, names: Sequence[str], *, arrays: bool = False) -> exp.Select:
        """Return the join as one query.

        Args:
            names: The result's columns: the spine's if they are part, then the outputs.
            arrays: Whether plain arrays come out as such, their nulls empty.
        """
        query = self.last(names, [table(view_name(n)) for n in self._numbers()], arrays=arrays)
        for number in self._numbers():
            query = query.with_(view_name(number), as_=self.matches(number), copy=False)
        return query

    def alone(self, number: int) -> exp.Select:
        """Return one view's part as a query of its own, to be kept in a table."""
        return self.matches(number).with_(SPINE, as_=self._spine_rows())

    def last(
        self, names: Sequence[str], views: Sequence[exp.Expr], *, arrays: bool = False
    ) -> exp.Select:
        """Return the entity rows with what each view has for them, in the order of the spine.

        Args:
            names: See `whole`.
            views: The matches of each view, as what stands after FROM.
            arrays: See `whole`.
        """
        width = len(self.plan.spine_columns) if self.own else 0
        outputs = [named(column(spine_name(i), SPINE), names[i]) for i in range(width)]
        query = exp.select().from_(table(SPINE)).with_(SPINE, as_=self._spine_rows())
        left = iter(names[width:])
        for number, view in enumerate(views):
            name = view_name(number)
            query = query.join(
                exp.alias_(view, name, table=True, quoted=True),
                on=self._on(number),
                join_type="left",
                copy=False,
            )
            found = self._outputs(number, arrays=arrays)
            outputs += map(named, found, left)
        query = query.select(*outputs, copy=False)
        return query.order_by(column(ORDER, SPINE), copy=False) if self.ordered else query

    def matches(self, number: int) -> exp.Select:
        """Return, for each key and instant that is asked for, the newest row of a view."""
        if isinstance(self.plan.known_at, str):
            return self._known_matches(number)
        keys = self.sources[number].keys
        window = exp.Window(
            this=exp.IgnoreNulls(this=exp.LastValue(this=column(_ROW))),
            partition_by=[column(key) for key in keys],
            order=exp.Order(expressions=self._sequence(number)),
            spec=exp.WindowSpec(
                kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
            ),
        )
        both = exp.union(self._rows(number), self._asked(number), distinct=False)
        newest = exp.select(*map(column, [*keys, EVENT, _ASKED]), named(window, _FOUND))
        newest = newest.from_(both.subquery("both"))
        found = exp.select(*map(column, [*keys, EVENT, _FOUND])).from_(newest.subquery("newest"))
        return found.where(column(_ASKED), not_null(column(_FOUND)), *self._in_time(number))

    def _known_matches(self, number: int) -> exp.Select:
        """Return the same as `matches` where each entity row has an instant of its own."""
        source, name = self.sources[number], f"{view_name(number)}_rows"
        part = KnownPart(name, self.plan, self.plan.joins[number], source, self.facts)
        part.spine_keys = self._spine_keys(number)
        fields = [field(own, column(own, name)) for own in (EVENT, *source.features)]
        wanted = [column(own, part.matches_name) for own in (*source.keys, EVENT, KNOWN)]
        found = exp.select(*wanted, named(exp.Struct(expressions=fields), _FOUND))
        found = found.from_(table(part.matches_name)).join(
            table(name), on=part.found_on(), join_type="inner"
        )
        query = exp.select("*").from_(found.subquery("found")).where(*self._in_time(number))
        parts = {**part.shared(), name: part.rows(), part.matches_name: part.matches()}
        for own, made in parts.items():
            query = query.with_(own, as_=made)
        return query

    def _numbers(self) -> range:
        return range(len(self.plan.joins))

    def _keys(self) -> Mapping[str, str]:
        """Return the internal name of each spine column that is a join key."""
        names = dict.fromkeys(name for join in self.plan.joins for name in join.spine_keys)
        return {name: f"__spine_{key_name(number)}" for number, name in enumerate(names)}

    def _spine_rows(self) -> exp.Select:
        """Return the entity rows with their instants and their keys made comparable."""
        schema, plan = self.facts.schema, self.plan
        staged = {name: column(place) for name, place in self.facts.columns.items()}
        event = self.to_instant(staged[plan.timestamp], schema.field(plan.timestamp).type)
        typed = [
            named(self.to_key(staged[name], schema.field(name).type, plan.spine_types[name]), own)
            for name, own in self._keys().items()
        ]
        names = enumerate(plan.spine_columns if self.own else ())
        own = [named(staged[name].copy(), spine_name(i)) for i, name in names]
        order = [column(ORDER)] if self.ordered else []
        instants = [named(event, EVENT), *self._known(staged)]
        return exp.select(*own, *instants, *typed, *order).from_(self.spine.copy())

    def _known(self, staged: Mapping[str, exp.Expr]) -> list[exp.Expr]:
        """Return the instant up to which each entity row knows the sources, if it has one."""
        name = self.plan.known_at
        if not isinstance(name, str):
            return []
        value = self.to_instant(staged[name].copy(), self.facts.schema.field(name).type)
        return [named(value, KNOWN)]

    def _spine_keys(self, number: int) -> list[str]:
        names = self._keys()
        return [names[name] for name in self.plan.joins[number].spine_keys]

    def _on(self, number: int) -> exp.Expr:
        name, keys = view_name(number), self.sources[number].keys
        pairs = [*zip(self._spine_keys(number), keys, strict=True), (EVENT, EVENT)]
        pairs += [(KNOWN, KNOWN)] if isinstance(self.plan.known_at, str) else []
        return exp.and_(
            *(exp.EQ(this=column(a, SPINE), expression=column(b, name)) for a, b in pairs)
        )

    def _asked(self, number: int) -> exp.Select:
        """Return the keys and instants that are asked for, each once."""
        keys = self.sources[number].keys
        mine = self._spine_keys(number)
        pairs = [named(column(a), b) for a, b in zip(mine, keys, strict=True)]
        once = exp.select(*pairs, column(EVENT)).distinct().from_(table(SPINE))
        once = once.where(*(not_null(column(name)) for name in (*mine, EVENT)))
        nothing = [named(exp.null(), name) for name in (CREATED, _ROW)]
        asked = exp.select(*map(column, [*keys, EVENT]), *nothing, named(exp.true(), _ASKED))
        return asked.from_(once.subquery("asked"))

    def _rows(self, number: int) -> exp.Select:
        """Return the rows of a view's source, each as one value beside its key and instant."""
        source, join = self.sources[number], self.plan.joins[number]
        fields = [field(name, column(name)) for name in (EVENT, *source.features)]
        rows = exp.select(*map(column, [*source.keys, EVENT, CREATED]))
        rows = rows.select(named(exp.Struct(expressions=fields), _ROW), named(exp.false(), _ASKED))
        rows = rows.from_(
            source.select(view_window(self.plan, join, self.facts)).subquery("stored")
        )
        if source.keys and self.facts.rows is not None and self.facts.rows <= FEW:
            using: list[int | str | exp.Expr] = [
                exp.to_identifier(key, quoted=True) for key in source.keys
            ]
            rows = rows.join(self._used(number).subquery("used"), using=using, join_type="inner")
        return rows

    def _used(self, number: int) -> exp.Select:
        """Return the keys of the spine: rows of others need not be sorted."""
        keys = zip(self._spine_keys(number), self.sources[number].keys, strict=True)
        return exp.select(*(named(column(a), b) for a, b in keys)).distinct().from_(table(SPINE))

    def _sequence(self, number: int) -> list[exp.Expr]:
        """Return the order of rows and instants of one key: a row stands before its instant."""
        source = self.sources[number]
        ties = [
            source.sortable(i, inside(column(_ROW), name)) for i, name in enumerate(source.features)
        ]
        first = [column(EVENT), column(_ASKED), column(CREATED)]
        return [exp.Ordered(this=value, desc=False, nulls_first=True) for value in [*first, *ties]]

    def _in_time(self, number: int) -> list[exp.Expr]:
        """Return that a row that was found is not older than the ttl allows."""
        ttl = self.plan.joins[number].ttl
        if not ttl or ttl > LONGEST:
            return []
        age = exp.TimestampDiff(
            this=column(EVENT),
            expression=inside(column(_FOUND), EVENT),
            unit=exp.var("MICROSECOND"),
        )
        return [exp.LTE(this=age, expression=exp.Literal.number(ttl))]

    def _outputs(self, number: int, *, arrays: bool) -> list[exp.Expr]:
        """Return the features of a view as columns of the result."""
        source, found = self.sources[number], column(_FOUND, view_name(number))
        return [
            inside(found, name, *([LIST] if arrays and source.is_array(i) else []))
            for i, name in enumerate(source.features)
        ]


def view_name(number: int) -> str:
    """Return the internal name of the nth view."""
    return f"__view_{number}"


def inside(value: exp.Expr, *fields: str) -> exp.Expr:
    """Return a field of a STRUCT, or a field of a field."""
    for part in fields:
        value = exp.Dot(this=value, expression=exp.to_identifier(part, quoted=True))
    return value
