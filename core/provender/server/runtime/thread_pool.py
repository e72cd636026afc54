"""`Threads`: a bounded number of threads in which requests wait for stores.

They are daemon threads, unlike those of `concurrent.futures`: a store that never answers must not
keep the server from ending. A thread whose request was given up stays taken until it is done, so
that a store that hangs never costs more threads than allowed.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from provender.server.http.errors import Unavailable

T = TypeVar("T")
_Job = tuple[Callable[[], Any], "asyncio.Future[Any]", asyncio.AbstractEventLoop]


class Threads:
    """Runs functions in threads, as many at once as there are threads.

    Args:
        most: How many threads there are, once they are all needed.
        waiting: How many functions wait for one, until others are refused.
    """

    def __init__(self, most: int, waiting: int) -> None:
        self._most = most
        self._limit = most + waiting
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._started = 0
        self._taken = 0

    async def run(self, work: Callable[..., T], *args: Any, **named: Any) -> T:
        """Return what `work` returns in a thread.

        Raises:
            Unavailable: Too many wait already.
        """
        if self._taken >= self._limit:
            raise Unavailable("too many requests are waiting for the stores")
        if self._taken >= self._started < self._most:
            self._started += 1
            name = f"provender-server-{self._started}"
            threading.Thread(target=self._serve, name=name, daemon=True).start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._taken += 1
        self._jobs.put((partial(work, *args, **named), future, loop))
        return await future

    def close(self) -> None:
        """Let the threads end once they are done with what they do."""
        for _ in range(self._started):
            self._jobs.put(None)

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            work, future, loop = job
            result, error = None, None
            if not future.cancelled():  # given up before it began
                try:
                    result = work()
                except BaseException as failure:  # noqa: BLE001 - told to whoever waits
                    error = failure
            try:
                loop.call_soon_threadsafe(self._done, future, result, error)
            except RuntimeError:  # the loop is closed: nobody waits any more
                return
            del job, work, future, result, error

    def _done(
        self, future: asyncio.Future[Any], result: object, error: BaseException | None
    ) -> None:
        self._taken -= 1
        if future.done():
            return
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
