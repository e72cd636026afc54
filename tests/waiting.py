"""`until` waits for something, but not for ever; with a `QuickClock` nothing waits for time.

A `StillClock` moves only when somebody sleeps.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")


def until(condition: Callable[[], T], what: str, seconds: float = 60, pause: float = 0.005) -> T:
    """Ask again and again until the answer is true, and return it.

    Args:
        condition: What is asked.
        what: What is waited for, for the message.
        seconds: How long at most.
        pause: Seconds between two times of asking.

    Raises:
        AssertionError: It did not come true in time.
    """
    deadline, never = time.monotonic() + seconds, threading.Event()
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what}"
        never.wait(pause)
    return found


class QuickClock:
    """The module ``time`` for code under test: its pauses are over at once, and count all the same.

    Attributes:
        skipped: The seconds by which this clock is ahead.
    """

    def __init__(self) -> None:
        self.skipped = 0.0

    def in_google_s_retries(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let Google's libraries take their time between attempts from this clock."""
        for module in ("retry_base", "retry_unary"):
            monkeypatch.setattr(f"google.api_core.retry.{module}.time", self)

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic() + self.skipped

    def sleep(self, seconds: float) -> None:
        """Go on so many seconds later, at once."""
        self.skipped += seconds


class StillClock:
    """A clock that moves only when somebody sleeps.

    Attributes:
        now: Its time, in seconds.
    """

    def __init__(self) -> None:
        self.now = 1_000.0

    def clock(self) -> float:
        """Return its time, in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move it on, at once."""
        assert seconds >= 0
        self.now += seconds
