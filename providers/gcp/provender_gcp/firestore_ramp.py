"""`Ramp`: how fast a bulk load may write, as Firestore wants it ("500/50/5")."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_PHASE_SECONDS = 300.0
_GROWTH = 1.5


class Ramp:
    """Begins at a rate and grows by one half every five minutes of writing.

    Firestore splits the ranges of a collection's names as the load grows; a load that grows
    faster is refused. See "Ramping up traffic" in Firestore's best practices.

    Args:
        rate: The writes per second in the first five minutes; None: there is no limit.
        clock: Returns seconds that only grow.
        sleep: Waits for so many seconds.
    """

    def __init__(
        self,
        rate: int | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._start = self._free = clock()

    def wait(self, writes: int) -> float:
        """Wait until so many more writes may be sent; return for how many seconds."""
        if self._rate is None or not writes:
            return 0.0
        with self._lock:
            now = self._clock()
            if now - self._free > _PHASE_SECONDS:
                self._start = now  # after a rest the ranges may have been joined again
            begin = max(now, self._free)
            self._free = begin + writes / self.rate(begin)
        if begin > now:
            self._sleep(begin - now)
        return begin - now

    def rate(self, now: float) -> float:
        """Return the writes per second that are allowed at an instant of the clock."""
        phases = int((now - self._start) // _PHASE_SECONDS)
        return (self._rate or 0) * _GROWTH ** min(phases, 60)
