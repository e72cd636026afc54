"""The newest row of each key, as a query."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from provender.plugin.contract.plan import (
    CREATED_TIMESTAMP,
    EVENT_TIMESTAMP,
    WHOLE,
    Partition,
    Window,
)
from provender.plugin.sql.names import CREATED, EVENT, column, named, part, table
from provender.plugin.sql.rows import SourceRows, first_of

_NEWEST = "__newest"
KeyHash = Callable[[Sequence[exp.Expr]], exp.Expr | None]
"""Returns a whole number that is the same for equal keys, or None."""


def no_hash(keys: Sequence[exp.Expr]) -> exp.Expr | None:
    """Return that there is no hash of keys."""
    return None


def rows_query(source: SourceRows, window: Window) -> exp.Select:
    """Return every row within `window`."""
    return _result(source).from_(
        source.select(window, null_keys=True).subquery("rows", copy=False), copy=False
    )


def latest_query(
    source: SourceRows, window: Window, partition: Partition = WHOLE, key_hash: KeyHash = no_hash
) -> exp.Select:
    """Return the newest row of each key within `window`.

    The newest instant of each key is found first, by a hash aggregate over narrow rows, so that
    only the few rows of those instants compete as a whole.

    Args:
        source: The rows.
        window: The rows to read.
        partition: Only the keys of this part.
        key_hash: See `SqlOfflineStore.key_hash`; needed for a part.
    """
    newest = exp.Max(this=column(EVENT))
    instants = (
        exp.select(*map(column, source.keys), named(newest, EVENT), copy=False)
        .from_(_rows(source, window, partition, key_hash), copy=False)
        .group_by(*map(column, source.keys), copy=False)
    )
    on = [
        exp.EQ(this=column(name, "rows"), expression=column(name, _NEWEST))
        for name in (*source.keys, EVENT)
    ]
    candidates = (
        exp.select(exp.Column(this=exp.Star(), table=exp.to_identifier("rows")), copy=False)
        .from_(_rows(source, window, partition, key_hash), copy=False)
        .join(table(_NEWEST), on=exp.and_(*on), join_type="inner", copy=False)
    )
    query = _result(source).from_(candidates.subquery("rows", copy=False), copy=False)
    query = query.with_(part(_NEWEST), as_=instants, materialized=True, copy=False)
    return query.qualify(first_of(source.keys, source.newest_first()), copy=False)


def _rows(
    source: SourceRows, window: Window, partition: Partition, key_hash: KeyHash
) -> exp.Subquery:
    """Return the rows of a window whose keys are in a part."""
    rows = source.select(window)
    hashed = key_hash([source.key(number) for number in range(len(source.keys))])
    if partition.count > 1 and hashed is not None:
        rest = exp.Mod(this=hashed, expression=exp.Literal.number(partition.count))
        mine = exp.EQ(this=rest, expression=exp.Literal.number(partition.number))
        rows = rows.where(mine, copy=False)
    return rows.subquery("rows", copy=False)


def _result(source: SourceRows) -> exp.Select:
    read = source.read
    keys = [
        named(source.key_shown(number, column(name)), read.keys[number].name)
        for number, name in enumerate(source.keys)
    ]
    features = [
        named(column(n), f.name) for n, f in zip(source.features, read.features, strict=True)
    ]
    event = named(column(EVENT), EVENT_TIMESTAMP)
    created = named(column(CREATED), CREATED_TIMESTAMP)
    return exp.select(event, created, *keys, *features, copy=False)
