"""`Patience`: how long something is tried that fails for a moment, and how long between."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

_FIRST_SECONDS, _LONGEST_SECONDS, _RACE_SECONDS = 0.1, 10.0, 0.02
T = TypeVar("T")


class Patience:
    """Counts the time since something last got on, and pauses between attempts.

    Args:
        seconds: How long to try without getting on.
        clock: Returns seconds that only grow.
        sleep: Waits for so many seconds.
        first_seconds: The first pause after a fault; the longest one is 10 s.
    """

    def __init__(
        self,
        seconds: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        first_seconds: float = _FIRST_SECONDS,
    ) -> None:
        self._first = first_seconds
        self._seconds = seconds
        self._clock = clock
        self._sleep = sleep
        self.renew()

    def renew(self) -> None:
        """Begin to count anew: it got on."""
        self._deadline = self._clock() + self._seconds
        self._pause = self._first

    def extend(self, seconds: float) -> None:
        """Leave out time that was spent waiting on purpose."""
        self._deadline += seconds

    def after_race(self, error: BaseException) -> None:
        """Pause a little, so that the same writers do not meet again.

        Raises:
            BaseException: `error`, when the time is over.
        """
        self._wait(random.uniform(0, _RACE_SECONDS), error)  # noqa: S311 - no secret

    def after_fault(self, error: BaseException, *, passing: bool) -> None:
        """Pause, each time twice as long, with some chance in it.

        Args:
            error: What happened.
            passing: Whether another attempt can work.

        Raises:
            BaseException: `error`, when it can not or the time is over.
        """
        if not passing:
            raise error
        self._wait(random.uniform(self._pause / 2, self._pause), error)  # noqa: S311
        self._pause = min(self._pause * 2, _LONGEST_SECONDS)

    def until_done(self, call: Callable[[], T], passing: Callable[[BaseException], bool]) -> T:
        """Make a call again and again while it fails for a moment, and return what it returns.

        Args:
            call: What to do; doing it twice must do no harm.
            passing: Whether another attempt can work after an error.

        Raises:
            BaseException: What `call` raised, when it does not pass or the time is over.
        """
        while True:
            try:
                return call()
            except Exception as error:  # noqa: BLE001 - `after_fault` raises it again
                self.after_fault(error, passing=passing(error))

    def _wait(self, seconds: float, error: BaseException) -> None:
        if self._clock() + seconds > self._deadline:
            raise error
        self._sleep(seconds)
