"""The point-in-time join for Redshift: as one query, or as several that fit its limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from provender.errors import StoreError, bytes_text
from provender.plugin import HistoricalPlan
from provender.plugin.sql.as_of_join import SpineFacts
from provender.plugin.sql.known_join import known_query
from provender.plugin.sql.names import (
    ORDER,
    ROW,
    SPINE,
    column,
    named,
    part,
    query_text,
    spine_name,
    table,
)
from provender.plugin.sql.rows import Instant, Key
from provender.plugin.sql.union_join import union_query
from provender.types import FeatureType
from provender_aws.redshift_rows import RedshiftRows
from provender_aws.redshift_session import RedshiftSession
from provender_aws.redshift_sql import DIALECT

_MOST_PIECES = 30


@dataclass(frozen=True)
class Join:
    """A join that is planned.

    Attributes:
        plan: What to join.
        staged: The entity rows, numbered, as what stands after FROM.
        facts: What is known of them.
        sources: The rows of each view.
        own: Whether the columns of the entity rows are part of the result.
        to_instant: Turns a stored column into a timestamp in UTC.
        to_key: Makes a stored key comparable.
    """

    plan: HistoricalPlan
    staged: exp.Expr
    facts: SpineFacts
    sources: Sequence[RedshiftRows]
    own: bool
    to_instant: Instant
    to_key: Key

    def json(self) -> list[FeatureType | None]:
        """Return for each column of the result the type that its JSON is read as, or None."""
        own: list[FeatureType | None] = [None] * (len(self.plan.spine_columns) if self.own else 0)
        return [*own, *(kind for rows in self.sources for kind in rows.json())]

    def whole(self, *, ordered: bool) -> exp.Select:
        """Return one query for everything."""
        query = self._of(range(len(self.sources)), names=False)
        if self.own:
            names = enumerate(self.plan.spine_columns)
            own = [named(column(spine_name(n), SPINE), name) for n, name in names]
            query.set("expressions", [*own, *query.expressions])
        if not ordered:
            query.set("order", None)
        return query

    def in_pieces(self, session: RedshiftSession, limit: int, *, ordered: bool) -> exp.Select:
        """Return a query that fits a limit, over temporary tables that hold parts of the views.

        Raises:
            StoreError: The query of one view alone is too long, or there are too many pieces.
        """
        pieces = self._pieces(range(len(self.sources)), limit)
        if len(pieces) > _MOST_PIECES:
            got, allowed = f"{len(pieces)} pieces", f"at most {_MOST_PIECES}"
            fact = "the join is too large for one transaction of Redshift"
            raise StoreError(fact, got=got, allowed=allowed, fix="ask for fewer views at once")
        spine = table(SPINE)
        query = exp.select(*(self._own() if self.own else [])).from_(spine)
        query = query.with_(part(SPINE), as_=exp.select("*").from_(self.staged.copy()))
        for number, (views, made) in enumerate(pieces):
            name = f"__piece_{number}"
            kept = session.kept(made)
            kept.set("alias", part(name))
            on = exp.EQ(this=column(ORDER, SPINE), expression=column(ROW, name))
            query = query.join(kept, on=on, join_type="left", copy=False)
            query = query.select(*(column(o, name) for o in self._outputs(views)), copy=False)
        return query.order_by(column(ORDER, SPINE), copy=False) if ordered else query

    def _pieces(self, views: range, limit: int) -> list[tuple[range, exp.Select]]:
        query = self._of(views, names=True)
        query.set("order", None)
        if len(query_text(query.copy(), DIALECT).encode()) <= limit:
            return [(views, query)]
        if len(views) == 1:
            view = self.plan.joins[views[0]].view
            raise StoreError(
                f"the query of view {view!r} alone is too long for Redshift",
                allowed=bytes_text(limit),
                fix="ask for fewer of its features, or make a view of the source's query",
            )
        half = len(views) // 2
        return [*self._pieces(views[:half], limit), *self._pieces(views[half:], limit)]

    def _of(self, views: range, *, names: bool) -> exp.Select:
        """Return the query of some views, with the rows' numbers where they are to be joined."""
        joins = tuple(
            replace(self.plan.joins[view], outputs=tuple(self._outputs(range(view, view + 1))))
            for view in views
        )
        plan = replace(self.plan, joins=joins)
        sources = [self.sources[view] for view in views]
        staged = self.staged.copy()
        join = known_query if isinstance(plan.known_at, str) else union_query
        query = join(plan, staged, self.facts, sources, self.to_instant, self.to_key)
        return query.select(named(column(ROW, SPINE), ROW), copy=False) if names else query

    def _outputs(self, views: range) -> list[str]:
        """Return internal names for the outputs of some views."""
        return [f"c{v}_{n}" for v in views for n in range(len(self.plan.joins[v].outputs))]

    def _own(self) -> list[exp.Expr]:
        columns = self.facts.columns
        return [named(column(columns[own], SPINE), own) for own in self.plan.spine_columns]
