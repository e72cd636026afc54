"""How much is measured: the full sizes, and small ones to see that a benchmark runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of rows, and how often measurements are repeated.

    Attributes:
        entities: Entities of the join.
        rows_per_entity: Feature rows of each.
        spine: Entity rows of the join.
        large_features: Feature rows of the join beyond the memory limit.
        large_spine: Entity rows of it.
        materialized: Entities that are materialized.
        served: Entities in the store that online reads are measured on.
        reads: Online reads of one measurement.
        views: Views of the big catalog.
        rounds: Measurements of a short work.
        long_rounds: Measurements of a work that takes seconds.
        load_seconds: How long a server is loaded at once; whole seconds.
    """

    entities: int
    rows_per_entity: int
    spine: int
    large_features: int
    large_spine: int
    materialized: int
    served: int
    reads: int
    views: int
    rounds: int
    long_rounds: int
    load_seconds: int


FULL = Sizes(
    entities=10_000,
    rows_per_entity=100,
    spine=1_000_000,
    large_features=20_000_000,
    large_spine=5_000_000,
    materialized=1_000_000,
    served=100_000,
    reads=2_000,
    views=5_000,
    rounds=7,
    long_rounds=3,
    load_seconds=3,
)
QUICK = Sizes(
    entities=100,
    rows_per_entity=20,
    spine=1_000,
    large_features=20_000,
    large_spine=5_000,
    materialized=1_000,
    served=200,
    reads=4,
    views=50,
    rounds=1,
    long_rounds=1,
    load_seconds=1,
)
