"""Strategies for point-in-time joins in which ties, edges, collisions and nulls abound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from provender import types
from provender.clock import from_us
from provender.testing.oracle.rows import table_of
from provender.testing.strategies.values import feature_types, key_types, values_of
from provender.testing.suites.offline.join_case import JoinCase, ViewRows
from provender.types import FeatureType

if TYPE_CHECKING:
    import pyarrow as pa

_ANCHORS = [0, 1_704_110_400_000_000, -2_208_988_800_000_000, 1_710_054_000_000_000]
"""1970, 2024, 1900, and New York's change of the clock in March 2024."""
_TTLS = [None, 1, 2, 60_000_000, 86_400_000_000]
_COLLIDING = ["1", "12", "123", "2", "23", "3", ""]
"""Texts whose pairs collide when concatenated."""


@dataclass(frozen=True)
class _Domain:
    """The few keys and instants from which everything is drawn.

    Attributes:
        key_types: The type of each part of the key.
        keys: The values of each part, null among them.
        instants: Instants in µs, null among them.
        created: Created timestamps in µs, null among them.
        ttl: The time to live in µs of all views.
    """

    key_types: tuple[FeatureType, ...]
    keys: tuple[tuple[Any, ...], ...]
    instants: tuple[int | None, ...]
    created: tuple[int | None, ...]
    ttl: int | None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"key_{n}" for n in range(len(self.key_types)))

    def row(self) -> st.SearchStrategy[dict[str, Any]]:
        """Return rows of the key's parts, ``event`` and ``created``."""
        parts = {
            name: st.sampled_from(values)
            for name, values in zip(self.names, self.keys, strict=True)
        }
        return st.fixed_dictionaries(
            {
                **parts,
                "event": st.sampled_from(self.instants).map(_instant),
                "created": st.sampled_from(self.created).map(_instant),
            }
        )


def orders(count: int) -> st.SearchStrategy[list[int]]:
    """Return permutations of ``range(count)``: orders in which rows may lie."""
    return st.permutations(range(count))


@st.composite
def join_problems(draw: st.DrawFn, *, nested: bool = False, known_column: bool = False) -> JoinCase:
    """Return joins of a small spine with up to three views.

    Keys are few and may be null; parts of composite keys collide when concatenated; instants lie
    exactly at the ends of the ttl and 1 µs beside; rows are equal in event and created timestamp;
    spine rows are repeated; either side may be empty.

    Args:
        draw: Given by hypothesis.
        nested: Whether features may be lists, maps and structs.
        known_column: Whether `known_at` is a column of the entity rows.
    """
    domain = draw(_domains())
    spine = draw(st.lists(domain.row(), max_size=12))
    repeated = draw(st.lists(st.sampled_from(spine), max_size=4)) if spine else []
    known = draw(st.sampled_from([None, *[c for c in domain.created if c is not None]]))
    count = draw(st.integers(1, 3))
    views = tuple(draw(_views(domain, f"view_{n}", nested=nested)) for n in range(count))
    table = _table(domain, [*spine, *repeated], [])
    renamed = [{"event": "q", "created": "note"}.get(name, name) for name in table.column_names]
    known_at = draw(st.sampled_from(["q", "note"])) if known_column else known
    return JoinCase(table.rename_columns(renamed), views, known_at=known_at)


@st.composite
def _domains(draw: st.DrawFn) -> _Domain:
    parts = draw(st.integers(0, 3))
    kinds = tuple(draw(st.just(types.String) | key_types()) for _ in range(parts))
    keys = tuple(tuple(draw(_key_values(kind))) for kind in kinds)
    anchor = draw(st.sampled_from(_ANCHORS))
    ttl = draw(st.sampled_from(_TTLS))
    span = ttl or 5
    offsets = [-2 * span, -span - 1, -span, -span + 1, -1, 0, 1, span]
    instants = tuple(anchor + offset for offset in offsets)
    created = tuple(anchor + offset for offset in (-1, 0, 1))
    return _Domain(kinds, keys, (*instants, None), (*created, None), ttl)


def _key_values(kind: FeatureType) -> st.SearchStrategy[list[Any]]:
    if kind == types.String:
        return st.just([*_COLLIDING, None])
    return st.lists(values_of(kind, nulls=False), min_size=1, max_size=3).map(lambda v: [*v, None])


@st.composite
def _views(draw: st.DrawFn, domain: _Domain, name: str, *, nested: bool) -> ViewRows:
    kinds = draw(st.lists(feature_types(nested=nested), min_size=1, max_size=2))
    columns = [(f"feature_{n}", kind) for n, kind in enumerate(kinds)]
    values = st.fixed_dictionaries({label: values_of(kind) for label, kind in columns})
    rows = st.builds(lambda row, features: {**row, **features}, domain.row(), values)
    table = _table(domain, draw(st.lists(rows, max_size=30)), columns)
    return ViewRows(
        name,
        table,
        {part: part for part in domain.names},
        {f"{name}__{label}": label for label, _ in columns},
        created=draw(st.sampled_from(["created", None])),
        ttl=domain.ttl,
    )


def _table(
    domain: _Domain, rows: Sequence[dict[str, Any]], columns: Sequence[tuple[str, FeatureType]]
) -> pa.Table:
    import pyarrow as pa

    keys = list(zip(domain.names, domain.key_types, strict=True))
    stamps = [("event", types.UnixTimestamp), ("created", types.UnixTimestamp)]
    fields = [(name, kind.arrow()) for name, kind in (*keys, *stamps, *columns)]
    return table_of(rows, pa.schema(fields))


def _instant(us: int | None) -> Any:
    return None if us is None else from_us(us)
