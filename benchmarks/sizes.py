"""How much is measured: the full sizes, and small ones to see that a benchmark runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Numbers of rows, and how often each measurement is repeated."""

    entities: int
    rows_per_entity: int
    spine: int
    large_features: int
    large_spine: int
    online_entities: int
    reads: int
    rounds: int


FULL = Sizes(10_000, 100, 1_000_000, 20_000_000, 5_000_000, 1_000_000, 2_000, 5)
QUICK = Sizes(100, 20, 1_000, 20_000, 5_000, 1_000, 20, 1)
