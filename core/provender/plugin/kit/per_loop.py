"""`PerLoop`: one client for each event loop, closed when the loop ends."""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Holds asynchronous clients, whose connections belong to the event loop that opened them.

    Threads may share it. A client is closed when its loop ends: ``asyncio.run`` and servers let
    asynchronous generators finish before they close a loop, and for each client one waits here.

    Args:
        open_one: Creates a client; called in the loop that uses it.
        close_one: Closes a client, in its loop.
    """

    def __init__(
        self, open_one: Callable[[], T], close_one: Callable[[T], Awaitable[None]]
    ) -> None:
        self._open = open_one
        self._close = close_one
        self._lock = threading.Lock()
        self._held: dict[AbstractEventLoop, tuple[T, AsyncGenerator[None, None]]] = {}

    async def get(self) -> T:
        """Return the client of the running event loop; the first call opens it."""
        from asyncio import get_running_loop

        loop = get_running_loop()
        held = self._held.get(loop)
        if held is not None:
            return held[0]
        client = self._open()
        end = self._at_the_end(loop, client)
        with self._lock:
            self._forget_closed_loops()
            self._held[loop] = client, end
        await anext(end)  # it does not wait: no other task comes between, and the loop knows it
        return client

    async def close(self) -> None:
        """Close the client of the running event loop; the next call of `get` opens a new one."""
        from asyncio import get_running_loop

        held = self._held.get(get_running_loop())
        if held is not None:
            await held[1].aclose()

    async def _at_the_end(self, loop: AbstractEventLoop, client: T) -> AsyncGenerator[None, None]:
        """Wait until this generator is closed, and close the client then."""
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(loop, None)
            await self._close(client)

    def _forget_closed_loops(self) -> None:
        """Drop the clients of loops that were closed without being ended."""
        for loop in [loop for loop in self._held if loop.is_closed()]:
            del self._held[loop]
