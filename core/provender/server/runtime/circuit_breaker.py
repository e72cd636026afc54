"""`Breaker`: a circuit breaker. It opens after failures in a row, then lets one request try."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from provender.server.http.errors import Unavailable


class Breaker:
    """Counts failures in a row; used in one thread, the event loop's.

    Closed, everything passes. After `failures` in a row it opens: for `pause` seconds everything
    is refused at once, so that no request waits for what will not come. Then one request passes;
    if it succeeds all do, if it fails there is another pause.

    Args:
        what: What is behind it, for messages.
        failures: How many failures in a row open it.
        pause: For how many seconds.
        clock: Seconds that only grow.
    """

    def __init__(
        self,
        what: str,
        failures: int,
        pause: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what = what
        self._most = failures
        self._pause = pause
        self._clock = clock
        self._failed = 0
        self._until = 0.0

    @property
    def is_closed(self) -> bool:
        """Whether every request passes."""
        return self._failed < self._most

    def check(self) -> None:
        """Let a request pass; of those that try an open breaker after the pause, one.

        Raises:
            Unavailable: The breaker is open.
        """
        if self._failed < self._most:
            return
        now = self._clock()
        if now < self._until:
            raise self._refusal(self._until - now)
        self._until = now + self._pause  # this one tries, the others wait for what it finds

    def succeeded(self) -> None:
        """Note that the store answered."""
        self._failed = 0

    def failed(self) -> None:
        """Note that the store failed, or took too long."""
        self._failed += 1
        if self._failed >= self._most:
            self._until = self._clock() + self._pause

    def _refusal(self, seconds: float) -> Unavailable:
        wait = max(1, math.ceil(seconds))
        error = Unavailable(
            f"the circuit breaker of the {self._what} is open after {self._failed} failures "
            f"in a row; retry after {wait} s"
        )
        error.headers = {"retry-after": str(wait)}
        return error
