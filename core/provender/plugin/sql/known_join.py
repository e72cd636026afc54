"""The point-in-time join of entity rows that each have a timestamp up to which they see sources.

An entity row is joined to the newest row of its key that is neither later than its instant nor was
created later than its `known_at`: two limits, which no single order of the rows serves. Both are
first turned into counts. A key's rows are numbered by their creation, and by their age. The rows
that existed at `known_at` are then the first p by creation, and they are cut into blocks of 1, 2,
4, … rows, one for each bit of p that is set (as in a Fenwick tree). In each block a running maximum
over the age carries the newest row forward to each instant that is asked for, and the newest of all
blocks wins. A row belongs to as many blocks as the number of its key's rows has digits in binary:
the work grows with the rows times that, never with their square.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from provender.plugin.sql.join import JoinedView, Part, equal, left_join
from provender.plugin.sql.names import CREATED, EVENT, KNOWN, SPINE, column, named, table
from provender.plugin.sql.union_join import (
    FOUND,
    UnionJoin,
    asked,
    asked_once,
    greatest_so_far,
)

_LEVELS = "__levels"
_SIZE, _TWICE = "__size", "__twice"
_BITS = 40
_AGE, _CREATION, _COUNT = "__age", "__creation", "__count"
_EXISTING, _OLDER, _BLOCK, _AT, _NTH = "__existing", "__older", "__block", "__at", "__nth"
_INSTANT, _NUMBER = exp.DataType.Type.TIMESTAMPTZ, exp.DataType.Type.BIGINT


class KnownAtJoin(UnionJoin):
    """A join of a plan whose `known_at` is a column of the entity rows."""

    def shared(self) -> Sequence[Part]:
        """Return the sizes of blocks, each with its double: more than any key has rows."""
        sizes = (
            exp.select(named(_number(2**bit), _SIZE), named(_number(2 ** (bit + 1)), _TWICE))
            for bit in range(_BITS)
        )
        return [Part(_LEVELS, exp.union(*sizes, distinct=False, copy=False))]

    def candidates(self, view: JoinedView) -> Sequence[Part]:
        """Return the view's rows, numbered among those of their key by age and by creation."""
        source = view.source
        keys = [column(key) for key in source.keys]
        oldest_first = [exp.Ordered(this=column(EVENT)), *map(_reversed, source.newest_first())]
        created = exp.Ordered(this=column(CREATED), nulls_first=True)
        places = {
            _AGE: exp.Window(this=exp.RowNumber(), partition_by=keys, order=_order(*oldest_first)),
            _CREATION: exp.Window(
                this=exp.RowNumber(), partition_by=_copies(keys), order=_order(created)
            ),
            _COUNT: exp.Window(this=exp.Count(this=exp.Star()), partition_by=_copies(keys)),
        }
        names = [*source.keys, EVENT, CREATED, *source.features]
        stored = exp.select(*(column(name, "rows") for name in names))
        stored = self.restricted(stored.from_(self.stored(view).subquery("rows")), view)
        numbers = [named(value, name) for name, value in places.items()]
        rows = exp.select(*map(column, names), *numbers).from_(stored.subquery("rows"))
        return [Part(view.name, rows)]

    def matches(self, view: JoinedView) -> Sequence[Part]:
        """Return, for each key and pair of instants that is asked for, the newest row."""
        pairs = asked_once(view, [EVENT, KNOWN])
        pairs = _counted(view, pairs, KNOWN, (CREATED, _CREATION), _EXISTING, ())
        pairs = _counted(view, pairs, EVENT, (EVENT, _AGE), _OLDER, (_EXISTING,))
        keys = view.source.keys
        block = [*keys, _SIZE, _BLOCK]
        sequence = exp.union(_blocks_of_rows(view), _blocks_asked(view, pairs), distinct=False)
        by = [exp.Ordered(this=column(_AT))]
        newest = greatest_so_far(sequence, [*block, EVENT, KNOWN], _NTH, block, by)
        wanted = [*keys, EVENT, KNOWN]
        found = exp.select(*map(column, wanted), named(exp.Max(this=column(FOUND)), FOUND))
        found = found.from_(newest.subquery("blocks")).group_by(*map(column, wanted))
        return [Part(view.matches, found)]

    def joined(self, query: exp.Select, view: JoinedView) -> exp.Select:
        """Join the entity rows with what was found, and that with the row that it is of."""
        pairs = [*zip(view.spine_keys, view.source.keys, strict=True), (EVENT, EVENT)]
        query = left_join(query, SPINE, view.matches, [*pairs, (KNOWN, KNOWN)])
        return query.join(table(view.name), on=found_on(view), join_type="left", copy=False)


def found_on(view: JoinedView) -> exp.Expr:
    """Return the condition that a row of a view is the one that was found."""
    same = [*((key, key) for key in view.source.keys), (FOUND, _AGE)]
    return equal(view.matches, view.name, same)


def _counted(
    view: JoinedView,
    pairs: exp.Select,
    instant: str,
    ranked: tuple[str, str],
    name: str,
    counts: Sequence[str],
) -> exp.Select:
    """Add to what is asked how many rows of its key are not later than one of its instants.

    Args:
        view: The view.
        pairs: Keys, instants and the counts that were added before.
        instant: The column with the instant.
        ranked: The rows' columns with their instant, and with their number in its order.
        name: The name of the count.
        counts: The counts that were added before.
    """
    keys = view.source.keys
    carried = [EVENT, KNOWN, *counts]
    kinds = [_INSTANT, _INSTANT, *(_NUMBER for _ in counts)]
    nothing = [named(exp.cast(exp.null(), kind), n) for n, kind in zip(carried, kinds, strict=True)]
    at, place = ranked
    rows = exp.select(
        *map(column, keys),
        named(column(at), _AT),
        named(column(place), _NTH),
        asked(0),
        *nothing,
    ).from_(table(view.name))
    asking = exp.select(
        *map(column, keys),
        named(column(instant), _AT),
        named(exp.cast(exp.null(), _NUMBER), _NTH),
        asked(1),
        *map(column, carried),
    ).from_(pairs.subquery("asked"))
    by = exp.Ordered(this=column(_AT), nulls_first=True)
    sequence = exp.union(rows, asking, distinct=False)
    found = greatest_so_far(sequence, [*keys, *carried], _NTH, keys, [by])
    wanted = map(column, [*keys, *carried])
    return exp.select(*wanted, named(column(FOUND), name)).from_(found.subquery("counted"))


def _blocks_of_rows(view: JoinedView) -> exp.Select:
    """Return each row once for each block that can be asked for and holds it."""
    first = exp.Paren(this=exp.Sub(this=column(_CREATION), expression=_number(1)))
    inside = exp.LT(this=_rest(first, _TWICE), expression=column(_SIZE))
    fits = exp.LTE(this=column(_SIZE), expression=column(_COUNT))
    nothing = [named(exp.cast(exp.null(), _INSTANT), name) for name in (EVENT, KNOWN)]
    found = exp.select(
        *map(column, view.source.keys),
        column(_SIZE),
        named(exp.Sub(this=first.copy(), expression=_rest(first, _SIZE)), _BLOCK),
        named(column(_AGE), _AT),
        named(column(_AGE), _NTH),
        asked(0),
        *nothing,
    )
    found = found.from_(table(view.name))
    return found.join(table(_LEVELS), on=exp.and_(fits, inside), join_type="inner")


def _blocks_asked(view: JoinedView, pairs: exp.Select) -> exp.Select:
    """Return what is asked once for each block of the rows that existed."""
    existing = column(_EXISTING)
    is_set = exp.GTE(this=_rest(existing, _TWICE), expression=column(_SIZE))
    found = exp.select(
        *map(column, view.source.keys),
        column(_SIZE),
        named(exp.Sub(this=existing, expression=_rest(existing, _TWICE)), _BLOCK),
        named(column(_OLDER), _AT),
        named(exp.cast(exp.null(), _NUMBER), _NTH),
        asked(1),
        column(EVENT),
        column(KNOWN),
    )
    found = found.from_(pairs.subquery("asked"))
    return found.join(table(_LEVELS), on=is_set, join_type="inner")


def _number(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _rest(value: exp.Expr, size: str) -> exp.Expr:
    """Return the rest of a division."""
    return exp.Mod(this=value.copy(), expression=column(size))


def _copies(values: Sequence[exp.Expr]) -> list[exp.Expr]:
    return [value.copy() for value in values]


def _order(*values: exp.Expr) -> exp.Order:
    return exp.Order(expressions=list(values))


def _reversed(ordered: exp.Expr) -> exp.Expr:
    """Return the opposite order."""
    return exp.Ordered(
        this=ordered.this.copy(),
        desc=not ordered.args.get("desc"),
        nulls_first=not ordered.args.get("nulls_first"),
    )
