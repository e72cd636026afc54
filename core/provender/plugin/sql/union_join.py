"""The point-in-time join as a query, for dialects without an as-of join.

For each view, the instants that are asked for and the view's rows are put into one sequence per
key, sorted by time; a running maximum carries the newest event timestamp forward to each instant;
its result is joined back by equality. No join compares two instants by order, so the work grows
with the rows and not with their product. ROWS frames and no IGNORE NULLS: every warehouse has
what is used here.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from provender.plugin.reading import HistoricalPlan, ViewJoin
from provender.plugin.sql.as_of_join import (
    FEW,
    LONGEST,
    SpineFacts,
    spine_key_names,
    view_window,
)
from provender.plugin.sql.names import (
    EVENT,
    ROW,
    SPINE,
    column,
    named,
    part,
    spine_name,
    table,
    view_name,
)
from provender.plugin.sql.rows import Instant, Key, SourceRows, first_of, not_null

FOUND = "__found"
_ASKED = "__asked"
_PLACE = "__place"


def union_query(
    plan: HistoricalPlan,
    spine: exp.Expr,
    facts: SpineFacts,
    sources: Sequence[SourceRows],
    to_instant: Instant,
    to_key: Key,
) -> exp.Select:
    """Return the join of a plan, in the order of the spine.

    The spine's own columns are part of the result unless its rows are numbered, so that they can
    be put beside it.

    Args:
        plan: What to join.
        spine: The entity rows, as what stands after FROM.
        facts: What is known of them.
        sources: The rows of each view of the plan.
        to_instant: Turns a stored column into a timestamp in UTC.
        to_key: Makes a stored key comparable.
    """
    names = [] if facts.order else enumerate(plan.spine_columns)
    outputs = [named(column(spine_name(i), SPINE), name) for i, name in names]
    query = exp.select(copy=False).from_(table(SPINE), copy=False)
    query = query.with_(part(SPINE), as_=_spine(plan, spine, facts, to_instant, to_key), copy=False)
    for number, (join, source) in enumerate(zip(plan.joins, sources, strict=True)):
        view = _View(view_name(number), plan, join, source, facts)
        query = query.with_(part(view.name), as_=view.rows(), copy=False)
        query = query.with_(part(view.matches_name), as_=view.matches(), copy=False)
        query = view.joined(query)
        outputs += view.outputs()
    return query.select(*outputs, copy=False).order_by(column(ROW, SPINE), copy=False)


def _spine(
    plan: HistoricalPlan, spine: exp.Expr, facts: SpineFacts, to_instant: Instant, to_key: Key
) -> exp.Select:
    """Return the spine with its row numbers, its instants and its keys made comparable."""
    schema = facts.schema
    staged = {name: column(place) for name, place in facts.columns.items()}
    event = to_instant(staged[plan.timestamp], schema.field(plan.timestamp).type)
    typed = [
        named(to_key(staged[name], schema.field(name).type, plan.spine_types[name]), internal)
        for name, internal in spine_key_names(plan).items()
    ]
    names = enumerate(plan.spine_columns)
    own = [named(staged[name].copy(), spine_name(i)) for i, name in names if name in staged]
    order = column(facts.order) if facts.order else _row_number()
    return exp.select(*own, named(event, EVENT), named(order, ROW), *typed, copy=False).from_(
        spine, copy=False
    )


def _row_number() -> exp.Expr:
    """Return a number for each row, in the order in which the warehouse happens to read them."""
    return exp.Window(
        this=exp.RowNumber(),
        order=exp.Order(expressions=[exp.Subquery(this=exp.select("1", copy=False))]),
    )


class _View:
    """One view's part of the query."""

    def __init__(
        self,
        name: str,
        plan: HistoricalPlan,
        join: ViewJoin,
        source: SourceRows,
        facts: SpineFacts,
    ) -> None:
        self.name = name
        self.matches_name = f"{name}_matches"
        self._plan = plan
        self._join = join
        self._source = source
        self._facts = facts
        names = spine_key_names(plan)
        self._spine_keys = [names[key] for key in join.spine_keys]

    def rows(self) -> exp.Select:
        """Return the view's rows, one per key and event timestamp."""
        source = self._source
        instant_of = [*source.keys, EVENT]
        rows = source.select(view_window(self._plan, self._join, self._facts))
        candidates = exp.select(
            *(column(n, "rows") for n in [*instant_of, *source.features]), copy=False
        )
        place = first_of(instant_of, source.newest_first()).this
        competing = exp.select("*", named(place, _PLACE), copy=False).from_(
            rows.subquery("stored", copy=False), copy=False
        )
        candidates = candidates.from_(competing.subquery("rows", copy=False), copy=False)
        if source.keys and self._facts.rows is not None and self._facts.rows <= FEW:
            candidates = candidates.join(
                self._used().subquery("used", copy=False),
                on=self._equal("rows", "used"),
                join_type="inner",
                copy=False,
            )
        return candidates.where(
            exp.EQ(this=column(_PLACE, "rows"), expression=exp.Literal.number(1)),
            copy=False,
        )

    def matches(self) -> exp.Select:
        """Return, for each key and instant that is asked for, the newest event timestamp."""
        keys = self._source.keys
        newest = exp.Window(
            this=exp.Max(this=column(FOUND)),
            partition_by=[column(key) for key in keys],
            order=exp.Order(
                expressions=[exp.Ordered(this=column(name)) for name in (EVENT, _ASKED)]
            ),
            spec=exp.WindowSpec(
                kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
            ),
        )
        sequence = exp.union(self._stored(), self._asked(), distinct=False, copy=False)
        running = exp.select(*map(column, [*keys, EVENT, _ASKED]), named(newest, FOUND), copy=False)
        running = running.from_(sequence.subquery("sequence", copy=False), copy=False)
        found = exp.select(*map(column, [*keys, EVENT, FOUND]), copy=False).from_(
            running.subquery("running", copy=False), copy=False
        )
        asked = exp.EQ(this=column(_ASKED), expression=exp.Literal.number(1))
        return found.where(asked, not_null(column(FOUND)), copy=False)

    def joined(self, query: exp.Select) -> exp.Select:
        """Add the joins of the view."""
        matches, view = self.matches_name, self.name
        asked = [
            *zip(self._spine_keys, self._source.keys, strict=True),
            (EVENT, EVENT),
        ]
        on = [exp.EQ(this=column(a, SPINE), expression=column(b, matches)) for a, b in asked]
        query = query.join(table(matches), on=exp.and_(*on), join_type="left", copy=False)
        same = [(key, key) for key in self._source.keys] + [(FOUND, EVENT)]
        on = [exp.EQ(this=column(a, matches), expression=column(b, view)) for a, b in same]
        return query.join(table(view), on=exp.and_(*on), join_type="left", copy=False)

    def outputs(self) -> list[exp.Expr]:
        """Return what the view adds to the result."""
        outputs = zip(self._source.features, self._join.outputs, strict=True)
        return [named(self._in_time(column(f, self.name)), output) for f, output in outputs]

    def _in_time(self, value: exp.Expr) -> exp.Expr:
        """Return a value, or null when its row is older than the ttl allows."""
        ttl = self._join.ttl
        if not ttl or ttl > LONGEST:
            return value
        fresh = self._source.fresh(column(EVENT, SPINE), column(EVENT, self.name), ttl)
        return exp.Case().when(fresh, value)

    def _stored(self) -> exp.Select:
        """Return key and event timestamp of each row of the view."""
        instants = [named(column(EVENT), FOUND), named(exp.Literal.number(0), _ASKED)]
        keys = map(column, [*self._source.keys, EVENT])
        return exp.select(*keys, *instants, copy=False).from_(table(self.name), copy=False)

    def _asked(self) -> exp.Select:
        """Return the keys and instants that are asked for, each once."""
        pairs = zip(self._spine_keys, self._source.keys, strict=True)
        keys = [named(column(a), b) for a, b in pairs]
        once = (
            exp.select(*keys, column(EVENT), copy=False)
            .distinct(copy=False)
            .from_(table(SPINE), copy=False)
        )
        once = once.where(
            *(not_null(column(name)) for name in (*self._spine_keys, EVENT)), copy=False
        )
        nothing = exp.cast(exp.null(), exp.DataType.Type.TIMESTAMPTZ)
        marks = [named(nothing, FOUND), named(exp.Literal.number(1), _ASKED)]
        wanted = map(column, [*self._source.keys, EVENT])
        return exp.select(*wanted, *marks, copy=False).from_(
            once.subquery("asked", copy=False), copy=False
        )

    def _used(self) -> exp.Select:
        """Return the keys of the spine: rows of others need not be sorted."""
        pairs = zip(self._spine_keys, self._source.keys, strict=True)
        return (
            exp.select(*(named(column(a), b) for a, b in pairs), copy=False)
            .distinct(copy=False)
            .from_(table(SPINE), copy=False)
        )

    def _equal(self, left: str, right: str) -> exp.Expr:
        return exp.and_(
            *(
                exp.EQ(this=column(key, left), expression=column(key, right))
                for key in self._source.keys
            )
        )
