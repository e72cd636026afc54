"""The point-in-time join as a query, for dialects without an as-of join.

For each view, the instants that are asked for and the view's rows are put into one sequence per
key, sorted by time; a running maximum carries the newest event timestamp forward to each instant;
its result is joined back by equality. No join compares two instants by order, so the work grows
with the rows and not with their product. ROWS frames and no IGNORE NULLS: every warehouse has
what is used here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlglot import exp

from provender.plugin.contract.plan import HistoricalPlan, ViewJoin
from provender.plugin.sql.as_of_join import (
    FEW,
    LONGEST,
    SpineFacts,
    spine_key_names,
    view_window,
)
from provender.plugin.sql.names import (
    EVENT,
    KNOWN,
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
    part_of: type[ViewPart] | None = None,
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
        part_of: How one view's part of the query is made; by default as `ViewPart`.
    """
    part_of = part_of or ViewPart
    names = [] if facts.order else enumerate(plan.spine_columns)
    outputs = [named(column(spine_name(i), SPINE), name) for i, name in names]
    query = exp.select(copy=False).from_(table(SPINE), copy=False)
    query = query.with_(part(SPINE), as_=_spine(plan, spine, facts, to_instant, to_key), copy=False)
    for name, shared in part_of.shared().items():
        query = query.with_(part(name), as_=shared, copy=False)
    for number, (join, source) in enumerate(zip(plan.joins, sources, strict=True)):
        view = part_of(view_name(number), plan, join, source, facts)
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
    instants = {EVENT: plan.timestamp}
    if isinstance(plan.known_at, str):
        instants[KNOWN] = plan.known_at
    given = [
        named(to_instant(staged[name].copy(), schema.field(name).type), internal)
        for internal, name in instants.items()
    ]
    typed = [
        named(to_key(staged[name], schema.field(name).type, plan.spine_types[name]), internal)
        for name, internal in spine_key_names(plan).items()
    ]
    names = enumerate(plan.spine_columns)
    own = [named(staged[name].copy(), spine_name(i)) for i, name in names if name in staged]
    order = column(facts.order) if facts.order else _row_number()
    return exp.select(*own, *given, named(order, ROW), *typed, copy=False).from_(spine, copy=False)


def _row_number() -> exp.Expr:
    """Return a number for each row, in the order in which the warehouse happens to read them."""
    return exp.Window(
        this=exp.RowNumber(),
        order=exp.Order(expressions=[exp.Subquery(this=exp.select("1", copy=False))]),
    )


def asked(number: Literal[0, 1]) -> exp.Expr:
    """Return the column that says what a row of a sequence is: a stored row, or what is asked."""
    return named(exp.Literal.number(number), _ASKED)


def greatest_so_far(
    sequence: exp.Query,
    columns: Sequence[str],
    value: str,
    partition: Sequence[str],
    order: Sequence[exp.Expr],
) -> exp.Select:
    """Return, for all that is asked, the greatest value of the stored rows that come before it.

    Args:
        sequence: Stored rows and what is asked, each marked by `asked`. In the same place of the
            order, a stored row comes first.
        columns: The columns to return beside the value, which is named `FOUND`.
        value: The column with the value.
        partition: The columns that are equal in all rows of one sequence.
        order: The order of a sequence.
    """
    greatest = exp.Window(
        this=exp.Max(this=column(value)),
        partition_by=[column(name) for name in partition],
        order=exp.Order(expressions=[*order, exp.Ordered(this=column(_ASKED))]),
        spec=exp.WindowSpec(
            kind="ROWS", start="UNBOUNDED", start_side="PRECEDING", end="CURRENT ROW"
        ),
    )
    running = exp.select(*map(column, [*columns, _ASKED]), named(greatest, FOUND), copy=False)
    running = running.from_(sequence.subquery("sequence", copy=False), copy=False)
    found = exp.select(*map(column, [*columns, FOUND]), copy=False).from_(
        running.subquery("running", copy=False), copy=False
    )
    is_asked = exp.EQ(this=column(_ASKED), expression=exp.Literal.number(1))
    return found.where(is_asked, not_null(column(FOUND)), copy=False)


def left_join(
    query: exp.Select, left: str, right: str, pairs: Sequence[tuple[str, str]]
) -> exp.Select:
    """Add a left join by equal columns of two parts of a query."""
    return query.join(table(right), on=equal(left, right, pairs), join_type="left", copy=False)


def equal(left: str, right: str, pairs: Sequence[tuple[str, str]]) -> exp.Expr:
    """Return the condition that columns of two parts of a query are equal."""
    return exp.and_(
        *(exp.EQ(this=column(a, left), expression=column(b, right)) for a, b in pairs), copy=False
    )


class ViewPart:
    """One view's part of the query.

    Attributes:
        name: The name of its rows in the query.
        matches_name: The name of what was found for the instants that are asked for.
        source: Its rows.
        spine_keys: The spine's columns that are its join keys.
    """

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
        self.source = source
        self._facts = facts
        names = spine_key_names(plan)
        self.spine_keys = [names[key] for key in join.spine_keys]

    @classmethod
    def shared(cls) -> Mapping[str, exp.Query]:
        """Return what all parts of a query need, by its name in the query."""
        return {}

    def rows(self) -> exp.Select:
        """Return the view's rows, one per key and event timestamp."""
        source = self.source
        instant_of = [*source.keys, EVENT]
        candidates = exp.select(
            *(column(n, "rows") for n in [*instant_of, *source.features]), copy=False
        )
        place = first_of(instant_of, source.newest_first()).this
        competing = exp.select("*", named(place, _PLACE), copy=False).from_(
            self.stored().subquery("stored", copy=False), copy=False
        )
        candidates = candidates.from_(competing.subquery("rows", copy=False), copy=False)
        return self.restricted(candidates).where(
            exp.EQ(this=column(_PLACE, "rows"), expression=exp.Literal.number(1)),
            copy=False,
        )

    def matches(self) -> exp.Select:
        """Return, for each key and instant that is asked for, the newest event timestamp."""
        keys = self.source.keys
        sequence = exp.union(self._given(), self._asked(), distinct=False, copy=False)
        by = [exp.Ordered(this=column(EVENT))]
        return greatest_so_far(sequence, [*keys, EVENT], FOUND, keys, by)

    def joined(self, query: exp.Select) -> exp.Select:
        """Add the joins of the view."""
        matches, keys = self.matches_name, self.source.keys
        asked = [*zip(self.spine_keys, keys, strict=True), (EVENT, EVENT)]
        query = left_join(query, SPINE, matches, asked)
        same = [*((key, key) for key in keys), (FOUND, EVENT)]
        return left_join(query, matches, self.name, same)

    def stored(self) -> exp.Select:
        """Return all rows of the view that any spine row can match."""
        return self.source.select(view_window(self._plan, self._join, self._facts))

    def restricted(self, rows: exp.Select) -> exp.Select:
        """Leave out rows of keys that are not in the spine, where that costs less than it saves.

        Args:
            rows: A query over what it calls `rows`.
        """
        if self.source.keys and self._facts.rows is not None and self._facts.rows <= FEW:
            same = [(key, key) for key in self.source.keys]
            used = self._used().subquery("used", copy=False)
            return rows.join(used, on=equal("rows", "used", same), join_type="inner", copy=False)
        return rows

    def outputs(self) -> list[exp.Expr]:
        """Return what the view adds to the result."""
        outputs = zip(self.source.features, self._join.outputs, strict=True)
        return [named(self._in_time(column(f, self.name)), output) for f, output in outputs]

    def _in_time(self, value: exp.Expr) -> exp.Expr:
        """Return a value, or null when its row is older than the ttl allows."""
        ttl = self._join.ttl
        if not ttl or ttl > LONGEST:
            return value
        fresh = self.source.fresh(column(EVENT, SPINE), column(EVENT, self.name), ttl)
        return exp.Case().when(fresh, value)

    def _given(self) -> exp.Select:
        """Return key and event timestamp of each row of the view."""
        instants = [named(column(EVENT), FOUND), asked(0)]
        keys = map(column, [*self.source.keys, EVENT])
        return exp.select(*keys, *instants, copy=False).from_(table(self.name), copy=False)

    def _asked(self) -> exp.Select:
        """Return the keys and instants that are asked for, each once."""
        pairs = zip(self.spine_keys, self.source.keys, strict=True)
        keys = [named(column(a), b) for a, b in pairs]
        once = (
            exp.select(*keys, column(EVENT), copy=False)
            .distinct(copy=False)
            .from_(table(SPINE), copy=False)
        )
        once = once.where(
            *(not_null(column(name)) for name in (*self.spine_keys, EVENT)), copy=False
        )
        nothing = exp.cast(exp.null(), exp.DataType.Type.TIMESTAMPTZ)
        marks = [named(nothing, FOUND), asked(1)]
        wanted = map(column, [*self.source.keys, EVENT])
        return exp.select(*wanted, *marks, copy=False).from_(
            once.subquery("asked", copy=False), copy=False
        )

    def _used(self) -> exp.Select:
        """Return the keys of the spine: rows of others need not be sorted."""
        pairs = zip(self.spine_keys, self.source.keys, strict=True)
        return (
            exp.select(*(named(column(a), b) for a, b in pairs), copy=False)
            .distinct(copy=False)
            .from_(table(SPINE), copy=False)
        )
