"""How long rows live: until their view's ttl is over, and a grace longer."""

from __future__ import annotations

from dataclasses import dataclass

from provender.clock import Clock, to_us
from provender.plugin import OnlineTable

FOR_EVER = 0
_US_PER_MS = 1_000


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """The rule by which rows expire.

    Attributes:
        clock: What says how old a row is: the readers' clock, not the server's.
        grace_seconds: How long a row outlives its view's ttl; None: no row expires.
    """

    clock: Clock
    grace_seconds: float | None

    def of(self, table: OnlineTable) -> int:
        """Return how long rows of a table live after their event, in ms, or `FOR_EVER`."""
        if table.ttl is None or self.grace_seconds is None:
            return FOR_EVER
        return table.ttl // _US_PER_MS + round(self.grace_seconds * 1_000) + 1

    def left(self, life: int, events: list[int]) -> list[int]:
        """Return how long rows have yet to live, in ms.

        A row whose time is over gets one more ms: it has to replace an older one all the same.

        Args:
            life: What `of` returned.
            events: The rows' event timestamps in µs.
        """
        if life == FOR_EVER:
            return [FOR_EVER] * len(events)
        now = to_us(self.clock())
        return [max(1, life + (event - now) // _US_PER_MS) for event in events]


def growth(before: int, after: int) -> int | None:
    """Return by how many ms a life grows, `FOR_EVER` for endlessly, None when it does not."""
    if before == FOR_EVER:
        return None
    if after == FOR_EVER:
        return FOR_EVER
    return after - before if after > before else None
