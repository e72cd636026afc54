"""`Retry`: repeats what failed temporarily, with pauses, until a time limit."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

_FIRST_SECONDS, _LONGEST_SECONDS, _RACE_SECONDS = 0.1, 10.0, 0.02
T = TypeVar("T")


class Retry:
    """Limits the time without progress, and pauses between attempts.

    Args:
        seconds: How long to retry without progress.
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
        self.restart()

    def restart(self) -> None:
        """Restart the time: there was progress."""
        self._deadline = self._clock() + self._seconds
        self._pause = self._first

    def extend(self, seconds: float) -> None:
        """Leave out time that was spent waiting on purpose."""
        self._deadline += seconds

    def after_conflict(self, error: BaseException) -> None:
        """Pause for up to 20 ms, so that the same writers do not collide again.

        Raises:
            BaseException: `error`, when the time is over.
        """
        self._wait(random.uniform(0, _RACE_SECONDS), error)  # noqa: S311 - no secret

    def after_failure(self, error: BaseException, *, transient: bool) -> None:
        """Pause, each time twice as long, with jitter.

        Args:
            error: What happened.
            transient: Whether another attempt can succeed.

        Raises:
            BaseException: `error`, when none can, or the time is over.
        """
        if not transient:
            raise error
        self._wait(random.uniform(self._pause / 2, self._pause), error)  # noqa: S311
        self._pause = min(self._pause * 2, _LONGEST_SECONDS)

    def call(self, call: Callable[[], T], is_transient: Callable[[BaseException], bool]) -> T:
        """Make a call, again while its error is transient, and return what it returns.

        Args:
            call: What to do; doing it twice must do no harm.
            is_transient: Whether another attempt can succeed after an error.

        Raises:
            BaseException: What `call` raised, when it is not transient, or the time is over.
        """
        while True:
            try:
                return call()
            except Exception as error:  # noqa: BLE001 - `after_failure` raises it again
                self.after_failure(error, transient=is_transient(error))

    def _wait(self, seconds: float, error: BaseException) -> None:
        if self._clock() + seconds > self._deadline:
            raise error
        self._sleep(seconds)
