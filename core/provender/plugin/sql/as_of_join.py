"""The point-in-time join as a query, for dialects with a native as-of join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlglot import exp

from provender.clock import to_us
from provender.plugin.contract.plan import HistoricalPlan, TableSpine, ViewJoin, Window
from provender.plugin.sql.names import (
    EVENT,
    ORDER,
    ROW,
    SPINE,
    column,
    key_name,
    microseconds,
    named,
    part,
    spine_name,
    table,
    view_name,
)
from provender.plugin.sql.rows import Instant, Key, SourceRows, first_of

if TYPE_CHECKING:
    import pyarrow as pa

EARLIEST = to_us(datetime.min)
"""The first instant that a literal can name, in µs."""
LONGEST = to_us(datetime.max) - EARLIEST
"""The longest time between two instants, in µs."""
FEW = 250_000
"""Up to so many spine rows, reading only the keys of the spine costs less than it saves."""


@dataclass(frozen=True, slots=True)
class SpineFacts:
    """What is known of a spine before the query runs.

    Attributes:
        schema: Its columns.
        columns: The name of each of them in the staged relation.
        rows: How many rows it has, if known.
        first: Its first instant in µs, if known.
        last: Its last instant in µs, if known.
        order: The column of the staged relation that numbers its rows, if it has one.
    """

    schema: pa.Schema
    columns: Mapping[str, str]
    rows: int | None = None
    first: int | None = None
    last: int | None = None
    order: str | None = None


def numbered(
    plan: HistoricalPlan, rows: pa.Table, *, whole: bool = False
) -> tuple[TableSpine, SpineFacts]:
    """Return a table of entity rows as it is staged, and what is known of it.

    Its columns get internal names, so that their own may be any, and each row a number.

    Args:
        plan: What the rows are for.
        rows: The entity rows.
        whole: Whether all columns are staged, or only those that the join needs.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    needed = plan.needed_columns()
    columns = {
        name: spine_name(number)
        for number, name in enumerate(plan.spine_columns)
        if whole or name in needed
    }
    instants = rows.column(plan.timestamp).cast(pa.timestamp("us", "UTC"), safe=False)
    ends = pc.min_max(instants.cast(pa.int64()))
    staged = rows.select(list(columns)).rename_columns(list(columns.values()))
    staged = staged.append_column(ORDER, pa.arange(0, rows.num_rows))
    first, last = ends["min"].as_py(), ends["max"].as_py()
    own = rows.select(list(plan.spine_columns)).schema
    return TableSpine(staged), SpineFacts(own, columns, rows.num_rows, first, last, ORDER)


def as_of_query(
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

    Rows that share key and event timestamp are found by a hash aggregate and only they compete
    in a window; all others go straight into the as-of join. The ttl is applied to the winner:
    when the newest row is too old, every other is older.

    Args:
        plan: What to join.
        spine: The entity rows, as what stands after FROM.
        facts: What is known of them.
        sources: The rows of each view of the plan.
        to_instant: Turns a stored column into a timestamp in UTC.
        to_key: Makes a stored key comparable.
    """
    keys = spine_key_names(plan)
    names = [] if facts.order else enumerate(plan.spine_columns)
    outputs = [named(column(spine_name(i), SPINE), name) for i, name in names]
    query = exp.select(copy=False).from_(table(SPINE), copy=False)
    query = query.with_(
        part(SPINE),
        as_=_spine(plan, spine, facts, keys, to_instant, to_key),
        materialized=True,
        copy=False,
    )
    for number, (join, source) in enumerate(zip(plan.joins, sources, strict=True)):
        own_keys = [keys[name] for name in join.spine_keys]
        query = _with_rows(
            query, view_name(number), source, view_window(plan, join, facts), own_keys, facts
        )
        query.append("joins", _as_of(view_name(number), source, own_keys))
        outputs += _outputs(view_name(number), source, join)
    return query.select(*outputs, copy=False).order_by(column(ROW, SPINE), copy=False)


def spine_key_names(plan: HistoricalPlan) -> Mapping[str, str]:
    """Return the internal name of each spine column that is a join key."""
    names = dict.fromkeys(name for join in plan.joins for name in join.spine_keys)
    return {name: key_name(number) for number, name in enumerate(names)}


def _spine(
    plan: HistoricalPlan,
    spine: exp.Expr,
    facts: SpineFacts,
    keys: Mapping[str, str],
    to_instant: Instant,
    to_key: Key,
) -> exp.Select:
    """Return the spine with its row numbers, its instants and its keys made comparable."""
    number = column(facts.order) if facts.order else exp.Window(this=exp.RowNumber())
    schema = facts.schema
    staged = {name: column(place) for name, place in facts.columns.items()}
    event = to_instant(staged[plan.timestamp], schema.field(plan.timestamp).type)
    typed = [
        named(to_key(staged[n], schema.field(n).type, plan.spine_types[n]), internal)
        for n, internal in keys.items()
    ]
    places = [] if facts.order else enumerate(plan.spine_columns)
    own = [named(staged[name].copy(), spine_name(i)) for i, name in places]
    return exp.select(*own, named(event, EVENT), named(number, ROW), *typed, copy=False).from_(
        spine, copy=False
    )


def view_window(plan: HistoricalPlan, join: ViewJoin, facts: SpineFacts) -> Window:
    """Return the rows of a view that any spine row can match."""
    start = None if facts.first is None or not join.ttl else facts.first - join.ttl
    within = start is not None and start >= EARLIEST
    known_at = None if isinstance(plan.known_at, str) else plan.known_at
    return Window(start if within else None, facts.last, known_at=known_at)


def _with_rows(
    query: exp.Select,
    name: str,
    source: SourceRows,
    window: Window,
    spine_keys: Sequence[str],
    facts: SpineFacts,
) -> exp.Select:
    """Add the CTEs that give one row per key and event timestamp, as `name`."""
    instant_of = [*source.keys, EVENT]
    rows = source.select(window)
    if spine_keys and facts.rows is not None and facts.rows <= FEW:
        rows = _only_spine_keys(rows, source, spine_keys)
    ties = exp.select(*map(column, instant_of), copy=False).from_(table(f"{name}_rows"), copy=False)
    ties = ties.group_by(*map(column, instant_of), copy=False).having(
        exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1)),
        copy=False,
    )
    wanted = [*instant_of, *source.features]
    single = exp.select(*map(column, wanted), copy=False).from_(table(f"{name}_rows"), copy=False)
    settled = single.copy()
    single = _using(single, table(f"{name}_ties"), "anti", instant_of)
    settled = _using(settled, table(f"{name}_ties"), "semi", instant_of)
    settled = settled.qualify(first_of(instant_of, source.newest_first()), copy=False)
    query = query.with_(part(f"{name}_rows"), as_=rows, materialized=True, copy=False)
    query = query.with_(part(f"{name}_ties"), as_=ties, materialized=True, copy=False)
    return query.with_(
        part(name), as_=exp.union(single, settled, distinct=False, copy=False), copy=False
    )


def _only_spine_keys(rows: exp.Select, source: SourceRows, spine_keys: Sequence[str]) -> exp.Select:
    keys = [named(column(s), k) for s, k in zip(spine_keys, source.keys, strict=True)]
    used = (
        exp.select(*keys, copy=False)
        .from_(table(SPINE), copy=False)
        .distinct(copy=False)
        .subquery("used", copy=False)
    )
    return _using(
        exp.select("*", copy=False).from_(rows.subquery("rows", copy=False), copy=False),
        used,
        "semi",
        source.keys,
    )


def _using(query: exp.Select, other: exp.Expr, kind: str, names: Sequence[str]) -> exp.Select:
    using: list[int | str | exp.Expr] = [exp.to_identifier(name, quoted=True) for name in names]
    return query.join(other, using=using, join_type=kind, copy=False)


def _as_of(name: str, source: SourceRows, spine_keys: Sequence[str]) -> exp.Join:
    """Return the as-of join of one view."""
    on: list[exp.Expr] = [
        exp.EQ(this=column(s, SPINE), expression=column(k, name))
        for s, k in zip(spine_keys, source.keys, strict=True)
    ]
    on.append(exp.GTE(this=column(EVENT, SPINE), expression=column(EVENT, name)))
    return exp.Join(this=table(name), method="ASOF", side="LEFT", on=exp.and_(*on))


def _outputs(name: str, source: SourceRows, join: ViewJoin) -> list[exp.Expr]:
    """Return what one view adds to the result."""
    return [
        named(in_time(column(feature, name), name, join.ttl), output)
        for feature, output in zip(source.features, join.outputs, strict=True)
    ]


def in_time(value: exp.Expr, name: str, ttl: int | None) -> exp.Expr:
    """Return a value, or null when its row is older than the ttl allows."""
    if not ttl or ttl > LONGEST:
        return value
    oldest = exp.Sub(this=column(EVENT, SPINE), expression=microseconds(ttl))
    return exp.Case().when(exp.GTE(this=column(EVENT, name), expression=oldest), value)
