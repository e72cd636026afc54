"""`ThreadFanOut`: makes calls in parallel, in threads that survive a fork of the process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Executor, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class ThreadFanOut:
    """Threads for the requests of one store; they start with the first call that needs them.

    Args:
        workers: The most calls that run at a time.
        name: What the threads' names begin with.
    """

    def __init__(self, workers: int, name: str) -> None:
        self._workers = workers
        self._name = name
        self._lock = threading.Lock()
        self._pool: tuple[int, Executor] | None = None

    def each(self, call: Callable[[T], R], parts: Sequence[T]) -> list[R]:
        """Call for each part and return the answers in order; one part needs no thread.

        When one fails, calls that have not started are skipped, and the others are awaited.

        Raises:
            BaseException: What the first call that failed raised.
        """
        if len(parts) <= 1:
            return [call(part) for part in parts]
        futures = [self._executor().submit(call, part) for part in parts]
        done, left = wait(futures, return_when=FIRST_EXCEPTION)
        for future in left:
            future.cancel()
        wait(futures)
        failed = next((future for future in done if future.exception()), None)
        if failed is not None:
            failed.result()
        return [future.result() for future in futures]

    def close(self) -> None:
        """End the threads; the next call starts new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None and pool[0] == os.getpid():
            pool[1].shutdown()

    def _executor(self) -> Executor:
        with self._lock:
            if self._pool is None or self._pool[0] != os.getpid():
                workers = ThreadPoolExecutor(self._workers, self._name)
                self._pool = os.getpid(), workers
            return self._pool[1]
