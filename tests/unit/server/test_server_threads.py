"""Threads of the server: bounded, also by work that was given up and goes on."""

from __future__ import annotations

import asyncio
import threading

import pytest

from provender.server.http.errors import Unavailable
from provender.server.runtime.thread_pool import Threads


def test_results_and_errors_come_back():
    async def main():
        threads = Threads(2, 2)
        try:
            assert await threads.run(lambda a, b: a + b, 1, b=2) == 3
            with pytest.raises(ZeroDivisionError):
                await threads.run(lambda: 1 / 0)
        finally:
            threads.close()

    asyncio.run(main())


def test_work_that_was_given_up_keeps_its_thread():
    async def main():
        threads, hang, began = Threads(1, 1), threading.Event(), threading.Event()

        def work():
            began.set()
            hang.wait(30)

        try:
            given_up = asyncio.create_task(threads.run(work))
            async with asyncio.timeout(30):
                while not began.is_set():
                    await asyncio.sleep(0)
            given_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await given_up
            waiting = asyncio.create_task(threads.run(int, "7"))
            await asyncio.sleep(0)
            with pytest.raises(Unavailable):
                await threads.run(int, "8")
            hang.set()
            assert await waiting == 7
            assert await threads.run(int, "9") == 9
        finally:
            hang.set()
            threads.close()

    asyncio.run(main())


def test_work_that_was_given_up_before_it_began_is_not_done():
    async def main():
        threads, hang, done = Threads(1, 5), threading.Event(), []
        try:
            first = asyncio.create_task(threads.run(hang.wait, 30))
            await asyncio.sleep(0)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await threads.run(done.append, 1)
            hang.set()
            await first
            await threads.run(done.append, 2)
            assert done == [2]
        finally:
            hang.set()
            threads.close()

    asyncio.run(main())
