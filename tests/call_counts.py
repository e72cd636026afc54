"""`calls` counts what a function does: a measure of work that no other load changes.

`expect_linear` compares it for a few and for many of something.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls(work: Callable[[], object]) -> int:
    """Return how many calls of Python functions a call of `work` makes."""
    count = 0

    def seen(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def expect_linear(work: Callable[[int], int]) -> None:
    """Fail if the work for twelve of something is much more than three times that for four.

    Args:
        work: Does the work for so many, and returns its calls.
    """
    work(1)  # what is done once is done here
    assert work(12) < 3.5 * work(4)
