"""`in_thread`: blocking work, done for an event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
    """Return the result of `work`, which runs in a thread while the event loop does other things.

    Args:
        work: What blocks.
        args: Its arguments.
        named: Its keyword arguments.
    """
    import asyncio  # 10 ms that a program without an event loop need not spend

    return await asyncio.to_thread(work, *args, **named)
