"""The point-in-time join for dialects without an as-of join.

For each view, the instants that are asked for and the view's rows are put into one sequence per
key, sorted by time; a running maximum carries the newest event timestamp forward to each instant;
its result is joined back by equality. No join compares two instants by order, so the work grows
with the rows and not with their product. ROWS frames and no IGNORE NULLS: every warehouse has
what is used here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlglot import exp

from provender.plugin.sql.join import JoinedView, Part, PointInTimeJoin, equal, left_join
from provender.plugin.sql.names import EVENT, SPINE, column, named, table
from provender.plugin.sql.rows import first_of, not_null

FOUND = "__found"
_ASKED = "__asked"
_PLACE = "__place"


class UnionJoin(PointInTimeJoin):
    """A join of what every warehouse has: window functions, unions and joins by equality."""

    def carried(self) -> Sequence[str]:
        """Return the spine's own columns that are staged."""
        return [name for name in self.plan.spine_columns if name in self.facts.columns]

    def candidates(self, view: JoinedView) -> Sequence[Part]:
        """Return the view's rows, one per key and event timestamp."""
        source = view.source
        instant_of = [*source.keys, EVENT]
        rows = exp.select(*(column(n, "rows") for n in [*instant_of, *source.features]), copy=False)
        place = first_of(instant_of, source.newest_first()).this
        competing = exp.select("*", named(place, _PLACE), copy=False).from_(
            self.stored(view).subquery("stored", copy=False), copy=False
        )
        rows = rows.from_(competing.subquery("rows", copy=False), copy=False)
        first = exp.EQ(this=column(_PLACE, "rows"), expression=exp.Literal.number(1))
        return [Part(view.name, self.restricted(rows, view).where(first, copy=False))]

    def matches(self, view: JoinedView) -> Sequence[Part]:
        """Return, for each key and instant that is asked for, the newest event timestamp."""
        keys = view.source.keys
        sequence = exp.union(_given(view), _asked(view), distinct=False, copy=False)
        by = [exp.Ordered(this=column(EVENT))]
        found = greatest_so_far(sequence, [*keys, EVENT], FOUND, keys, by)
        return [Part(view.matches, found)]

    def joined(self, query: exp.Select, view: JoinedView) -> exp.Select:
        """Join the entity rows with what was found, and that with the row that it is of."""
        keys = view.source.keys
        asked = [*zip(view.spine_keys, keys, strict=True), (EVENT, EVENT)]
        query = left_join(query, SPINE, view.matches, asked)
        same = [*((key, key) for key in keys), (FOUND, EVENT)]
        return left_join(query, view.matches, view.name, same)

    def stored(self, view: JoinedView) -> exp.Select:
        """Return all rows of a view that any entity row can match."""
        return view.source.select(self.window(view))

    def restricted(self, rows: exp.Select, view: JoinedView) -> exp.Select:
        """Leave out rows of keys that are not in the spine, where that costs less than it saves.

        Args:
            rows: A query over what it calls `rows`.
            view: The view.
        """
        used = self.used_keys(view)
        if used is None:
            return rows
        same = [(key, key) for key in view.source.keys]
        return rows.join(used, on=equal("rows", "used", same), join_type="inner", copy=False)


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


def asked_once(view: JoinedView, instants: Sequence[str]) -> exp.Select:
    """Return the keys and instants that the entity rows ask a view for, each once."""
    pairs = zip(view.spine_keys, view.source.keys, strict=True)
    keys = [named(column(own), key) for own, key in pairs]
    once = exp.select(*keys, *map(column, instants), copy=False).distinct(copy=False)
    present = (not_null(column(name)) for name in (*view.spine_keys, *instants))
    return once.from_(table(SPINE), copy=False).where(*present, copy=False)


def _given(view: JoinedView) -> exp.Select:
    """Return key and event timestamp of each row of a view."""
    instants = [named(column(EVENT), FOUND), asked(0)]
    keys = map(column, [*view.source.keys, EVENT])
    return exp.select(*keys, *instants, copy=False).from_(table(view.name), copy=False)


def _asked(view: JoinedView) -> exp.Select:
    """Return the keys and instants that are asked for, each once."""
    nothing = exp.cast(exp.null(), exp.DataType.Type.TIMESTAMPTZ)
    wanted = map(column, [*view.source.keys, EVENT])
    query = exp.select(*wanted, named(nothing, FOUND), asked(1), copy=False)
    once = asked_once(view, [EVENT])
    return query.from_(once.subquery("asked", copy=False), copy=False)
