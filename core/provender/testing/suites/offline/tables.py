"""Small tables for the tests of the offline suite; instants are counted in µs from one noon."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from provender.testing.suites.offline.join_case import JoinCase, ViewRows
from provender.types import FeatureType, Int64

if TYPE_CHECKING:
    import pyarrow as pa

NOON = 1_704_110_400_000_000
"""2024-01-01T12:00:00Z in µs."""
HOUR = 3_600_000_000
DAY = 24 * HOUR


def instants(offsets: Sequence[int | None]) -> pa.Array:
    """Return ``timestamp[us, UTC]`` values so many µs after noon."""
    import pyarrow as pa

    whole = [None if offset is None else NOON + offset for offset in offsets]
    return pa.array(whole, pa.int64()).cast(pa.timestamp("us", "UTC"))


def column(values: Sequence[Any], kind: FeatureType) -> pa.Array:
    """Return values as an array of a feature type."""
    import pyarrow as pa

    from provender.testing.oracle.rows import table_of

    schema = pa.schema([("v", kind.arrow())])
    return table_of([{"v": value} for value in values], schema).column("v").combine_chunks()


def spine_of(*rows: tuple[Any, int | None], key: FeatureType = Int64) -> pa.Table:
    """Return a spine of (id, instant) rows, with the columns ``id`` and ``q``."""
    import pyarrow as pa

    ids = column([row[0] for row in rows], key)
    return pa.table({"id": ids, "q": instants([row[1] for row in rows])})


def rows_table(
    *rows: tuple[Any, Any, int | None, int | None],
    key: FeatureType = Int64,
    value: FeatureType = Int64,
) -> pa.Table:
    """Return a source of (id, value, event, created) rows, with columns of those names."""
    import pyarrow as pa

    ids, values, events, created = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "id": column(ids, key),
            "value": column(values, value),
            "event": instants(events),
            "created": instants(created),
        }
    )


def view_of(
    table: pa.Table, *, ttl: int | None = None, created: bool = True, name: str = "view"
) -> ViewRows:
    """Return a view of a table from `rows_table`; its feature comes out as ``NAME__value``."""
    return ViewRows(
        name,
        table,
        {"id": "id"},
        {f"{name}__value": "value"},
        created="created" if created else None,
        ttl=ttl,
    )


def case_of(
    spine: Sequence[tuple[Any, int | None]],
    rows: Sequence[tuple[Any, Any, int | None, int | None]],
    *,
    ttl: int | None = None,
    created: bool = True,
    known_at: int | None = None,
) -> JoinCase:
    """Return a join of one view whose key and feature are of type Int64."""
    view = view_of(rows_table(*rows), ttl=ttl, created=created)
    known = None if known_at is None else NOON + known_at
    return JoinCase(spine_of(*spine), (view,), known_at=known)
