"""An online store against the bare client of its service, which makes the same calls."""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from benchmarks.figures import Figure, in_turns, ratio
from benchmarks.sizes import Sizes
from provender.plugin import OnlineRow, OnlineStore, OnlineTable

READS = (1, 100, 1_000)
VALUE_BYTES = 100
TABLE = OnlineTable("bench", "v")
AIM, AT_MOST = "≤ 1.11 ×", 1 / 0.9
"""As many rows per second as 0.9 of the bare client's."""


class Bare(Protocol):
    """The bare client."""

    def write(self, rows: list[OnlineRow]) -> None:
        """Merge rows, as many beside each other as the store does."""
        ...

    def read(self, keys: list[bytes]) -> Sequence[Any]:
        """Read the rows of keys, as many with one request as the store does."""
        ...


@dataclass(frozen=True)
class BesideBare:
    """Both, side by side.

    Attributes:
        name: What the store is called in the table.
        store: The store.
        bare: The client.
        rows: How many rows there are.
        most_reads: The most rows that are read in one round.
    """

    name: str
    store: OnlineStore
    bare: Bare
    rows: int
    most_reads: int

    def figures(self, sizes: Sizes) -> Iterator[Figure]:
        """Write all rows anew, over and over; read one, a hundred and a thousand of them.

        The rows of each round are newer than those before, so that every one of them is written.
        """
        keys = [b"key-%d" % n for n in range(self.rows)]
        yield self._write(keys, sizes)
        choose = random.Random(2)
        for batch in READS:
            calls = max(1, min(sizes.reads // 4, self.most_reads // batch))
            parts = [choose.choices(keys, k=batch) for _ in range(calls)]
            own, base = in_turns(
                lambda parts=parts: [self.store.read(TABLE, part) for part in parts],
                lambda parts=parts: [self.bare.read(part) for part in parts],
                rounds=sizes.long_rounds,
            )
            yield self._figure(f"read, {batch:,} at a time", own, base, calls * batch)

    def _write(self, keys: list[bytes], sizes: Sizes) -> Figure:
        chance = random.Random(1)
        values = [chance.randbytes(VALUE_BYTES) for _ in keys]
        rounds = iter(range(1_000_000))

        def rows() -> list[OnlineRow]:
            event = next(rounds)
            return [(key, event, 0, value) for key, value in zip(keys, values, strict=True)]

        own, base = in_turns(
            lambda: self.store.write(TABLE, rows()),
            lambda: self.bare.write(rows()),
            rounds=sizes.rounds,
        )
        return self._figure(f"write, {len(keys):,} rows", own, base, len(keys))

    def _figure(self, what: str, own: list[float], base: list[float], count: int) -> Figure:
        ours, theirs = (f"{count / statistics.median(seconds):,.0f}/s" for seconds in (own, base))
        found = ratio(own, base)
        what = f"{self.name} {what}"
        return Figure(what, ours, f"{theirs} (bare client)", found, AIM, found <= AT_MOST)
