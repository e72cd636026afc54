"""The point-in-time join for dialects with a native as-of join."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from sqlglot import exp

from provender.plugin.sql.join import JoinedView, Part, PointInTimeJoin, using
from provender.plugin.sql.names import EVENT, SPINE, column, table
from provender.plugin.sql.rows import first_of


class AsOfJoin(PointInTimeJoin):
    """A join that the warehouse finds the matches of.

    Rows that share key and event timestamp are found by a hash aggregate and only they compete
    in a window; all others go straight into the as-of join. The ttl is applied to the winner:
    when the newest row is too old, every other is older.
    """

    spine_once: ClassVar[bool] = True

    def number(self) -> exp.Expr:
        """Return the number of each entity row."""
        return column(self.facts.order) if self.facts.order else exp.Window(this=exp.RowNumber())

    def candidates(self, view: JoinedView) -> Sequence[Part]:
        """Return the rows of a view, one per key and event timestamp."""
        source, rows, ties = view.source, f"{view.name}_rows", f"{view.name}_ties"
        instant_of = [*source.keys, EVENT]
        several = exp.GT(this=exp.Count(this=exp.Star()), expression=exp.Literal.number(1))
        shared = exp.select(*map(column, instant_of), copy=False).from_(table(rows), copy=False)
        shared = shared.group_by(*map(column, instant_of), copy=False).having(several, copy=False)
        wanted = map(column, [*instant_of, *source.features])
        single = exp.select(*wanted, copy=False).from_(table(rows), copy=False)
        settled = using(single.copy(), table(ties), "semi", instant_of)
        settled = settled.qualify(first_of(instant_of, source.newest_first()), copy=False)
        single = using(single, table(ties), "anti", instant_of)
        return [
            Part(rows, self._rows(view), once=True),
            Part(ties, shared, once=True),
            Part(view.name, exp.union(single, settled, distinct=False, copy=False)),
        ]

    def joined(self, query: exp.Select, view: JoinedView) -> exp.Select:
        """Join the entity rows with the newest row that is not later than they are."""
        on: list[exp.Expr] = [
            exp.EQ(this=column(own, SPINE), expression=column(key, view.name))
            for own, key in zip(view.spine_keys, view.source.keys, strict=True)
        ]
        on.append(exp.GTE(this=column(EVENT, SPINE), expression=column(EVENT, view.name)))
        join = exp.Join(this=table(view.name), method="ASOF", side="LEFT", on=exp.and_(*on))
        query.append("joins", join)
        return query

    def _rows(self, view: JoinedView) -> exp.Select:
        rows = view.source.select(self.window(view))
        used = self.used_keys(view)
        if used is None:
            return rows
        every = exp.select("*", copy=False).from_(rows.subquery("rows", copy=False), copy=False)
        return using(every, used, "semi", view.source.keys)
