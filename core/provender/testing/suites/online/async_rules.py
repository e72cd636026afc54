"""Rules of the online suite: what an event loop awaits does what its twin does, and never blocks.

Nothing here is timed: what would block an event loop for ever runs into a deadline.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest

from provender.plugin import OnlineRow, OnlineStore, OnlineTable
from provender.plugin.contract.online_store import MOST_KEYS_AT_ONCE
from provender.testing.suites.concurrency import in_threads
from provender.testing.suites.online.base_suite import OnlineSuiteBase, expect_rows, row
from provender.testing.suites.store_suite import expect, expect_equal

T = TypeVar("T")
_DEADLINE_SECONDS = 60.0
_TASKS = 100


class OnlineAsyncRules(OnlineSuiteBase):
    """The twins of `read`, `read_many`, `write` and `close`."""

    def test_async_twins_do_what_the_others_do(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable]
    ) -> None:
        """Newest wins, order and gaps, several tables in one call, nothing for nothing."""
        first, second = new_table("one"), new_table("two")
        rows = [row(b"%d" % n, n, value=b"%d" % n) for n in range(700)]
        keys = [b"3", b"no", b"3", *(item[0] for item in reversed(rows))]
        asked = [(first, keys), (second, [b"a"]), (first, []), (first, [b"2", b"1"])]

        async def work() -> tuple[Any, ...]:
            await store.write_async(first, rows)
            await store.write_async(first, [row(b"5", 4, value=b"older"), row(b"6", 7)])
            await store.write_async(second, [])
            found = [await store.read_async(table, keys) for table, keys in asked]
            return found, await store.read_many_async(asked), await store.read_many_async([])

        found, at_once, nothing = _run(work())
        rows[6] = row(b"6", 7)
        expect_rows(store, first, [r[0] for r in rows], rows, "write_async merges as write does")
        expected = [store.read(table, keys) for table, keys in asked]
        expect_equal(found, expected, "read_async agrees with read")
        expect_equal(at_once, expected, "read_many_async agrees with read")
        expect_equal(nothing, [], "read_many_async of nothing gives nothing")

    def test_write_async_returns_what_write_returns(
        self, store: OnlineStore, new_table: Callable[..., OnlineTable]
    ) -> None:
        """How many rows were kept back, if the store counts them."""
        one, other = new_table("one"), new_table("two")
        batches = [[row(b"a", 5), row(b"b", 5)], [row(b"a", 4), row(b"b", 5), row(b"c")], []]

        async def work() -> list[int | None]:
            return [await store.write_async(other, batch) for batch in batches]

        expected = [store.write(one, batch) for batch in batches]
        expect_equal(_run(work()), expected, "write_async returns what write returns")

    def test_a_hundred_tasks_read_and_write_at_once(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Each gets the rows that it asked for, and the newest version of each key stays."""
        keys = [b"%d" % n for n in range(10)]
        store.write(table, [row(key, 0, value=key) for key in keys])

        async def task(number: int) -> list[OnlineRow | None]:
            key = keys[number % len(keys)]
            if number % 4 == 0:
                await store.write_async(table, [row(key, number, value=key)])
            return await store.read_async(table, [key, b"no"])

        async def work() -> list[list[OnlineRow | None]]:
            return await asyncio.gather(*map(task, range(_TASKS)))

        for number, (found, none) in enumerate(_run(work())):
            key = keys[number % len(keys)]
            fits = found is not None and found[0] == found[3] == key and none is None
            expect(fits, "each task gets the rows that it asked for", (key, found, none))
        newest = [max(n for n in range(_TASKS) if n % 4 == 0 and n % 10 == k) for k in (0, 2, 4)]
        stored = [row(keys[k], n, value=keys[k]) for k, n in zip((0, 2, 4), newest, strict=True)]
        expect_rows(store, table, [r[0] for r in stored], stored, "newest wins among tasks")

    def test_cancelled_tasks_leave_the_store_usable(
        self, store: OnlineStore, table: OnlineTable
    ) -> None:
        """Tasks are cancelled at any step; later ones get their own answers and no others."""
        keys = [b"%d" % n for n in range(MOST_KEYS_AT_ONCE + 1)]
        store.write(table, [row(key, value=key) for key in keys])
        chance = random.Random(1)  # noqa: S311

        async def work() -> None:
            for number in range(20):
                part = chance.sample(keys, len(keys))
                both = [store.read_async(table, part), store.write_async(table, [row(part[0], 2)])]
                await _cancelled_after(both, steps=number)
                (found,) = await store.read_async(table, [keys[number]])
                expect(found is not None and found[0] == keys[number], "own answers only", found)
            await store.write_async(table, [row(key, 3) for key in keys])

        _run(work())
        expect_rows(store, table, keys, [row(key, 3) for key in keys], "the store stays usable")

    def test_event_loops_come_and_go(self, store: OnlineStore, table: OnlineTable) -> None:
        """One after the other, with and without `close_async`, and two at the same time."""

        async def work(number: int, *, close: bool) -> list[OnlineRow | None]:
            key = b"%d" % number
            await store.write_async(table, [row(key)])
            found = await asyncio.gather(*(store.read_async(table, [key]) for _ in range(5)))
            if close:
                await store.close_async()
            return [one for (one,) in found]

        numbers = range(3)
        found = [_run(work(number, close=number == 1)) for number in numbers]
        expect_equal(found, [[row(b"%d" % n)] * 5 for n in numbers], "event loops come and go")
        both = in_threads(2, lambda number: _run(work(10 + number, close=False)))
        expect_equal(both, [[row(b"10")] * 5, [row(b"11")] * 5], "event loops at the same time")

    @pytest.mark.parametrize("twin", ["read", "write"])
    def test_the_event_loop_goes_on_meanwhile(
        self, store: OnlineStore, table: OnlineTable, monkeypatch: pytest.MonkeyPatch, twin: str
    ) -> None:
        """What takes long lets other tasks run: a plain method that it calls waits for one."""
        rows = [row(b"%d" % n) for n in range(MOST_KEYS_AT_ONCE + 1)]
        ran = threading.Event()
        for name in ("read", "read_many", "write"):
            plain = getattr(store, name)
            monkeypatch.setattr(store, name, _after(ran, plain))

        async def work() -> bool:
            asyncio.get_running_loop().call_soon(ran.set)
            if twin == "write":
                await store.write_async(table, rows)
            else:
                await store.read_async(table, [item[0] for item in rows])
            return ran.is_set()

        expect(_run(work()), f"{twin}_async lets other tasks run")

    def test_closing_in_an_event_loop_twice_is_allowed(
        self, open_store: Callable[[], OnlineStore]
    ) -> None:
        """`close_async` can be called again, also on a store that was never used."""
        fresh = open_store()

        async def work() -> None:
            await fresh.close_async()
            await fresh.close_async()

        _run(work())


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in an event loop of its own, within a deadline."""

    async def in_time() -> T:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            return await work

    return asyncio.run(in_time())


async def _cancelled_after(works: list[Coroutine[Any, Any, Any]], steps: int) -> None:
    """Begin `works`, let the event loop do some steps, cancel them and wait for their end."""
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(work) for work in works]
    for _ in range(steps):
        await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    for ended in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


def _after(ran: threading.Event, plain: Callable[..., T]) -> Callable[..., T]:
    """Return `plain`, which first waits until another task ran; in the event loop it never does."""

    def waits(*args: Any) -> T:
        expect(ran.wait(5.0), "a twin never calls its plain method in the event loop")
        return plain(*args)

    return waits
