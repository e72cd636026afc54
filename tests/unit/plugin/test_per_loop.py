"""A client for each event loop, closed when the loop ends."""

from __future__ import annotations

import asyncio
import gc
import re
import weakref
from pathlib import Path

import pytest

from provender.plugin import OnlineStore, OnlineTable, PerLoop


class Client:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.closed_in = None

    async def close(self):
        await asyncio.sleep(0)
        self.closed_in = asyncio.get_running_loop()


@pytest.fixture
def opened():
    return []


@pytest.fixture
def clients(opened):
    def open_one():
        opened.append(Client())
        return opened[-1]

    return PerLoop(open_one, Client.close)


def test_each_loop_has_one_client_that_is_closed_in_it_when_it_ends(clients, opened):
    async def work():
        found = await asyncio.gather(*(clients.get() for _ in range(20)))
        assert len(set(found)) == 1
        return found[0], found[0].closed_in

    for number in range(2):
        client, closed = asyncio.run(work())
        assert closed is None
        assert client.closed_in is client.loop
        assert len(opened) == number + 1


def test_a_client_that_was_closed_is_opened_anew(clients, opened):
    async def work():
        await clients.close()  # none is open
        first = await clients.get()
        await clients.close()
        await clients.close()
        assert first.closed_in is first.loop
        assert await clients.get() is not first

    asyncio.run(work())
    assert [client.closed_in is client.loop for client in opened] == [True, True]


def test_a_loop_that_is_closed_without_being_ended_is_forgotten(clients, opened):
    loop = asyncio.new_event_loop()
    loop.run_until_complete(clients.get())
    loop.close()
    forgotten = weakref.ref(loop)
    asyncio.run(clients.get())
    del loop, opened[:]
    gc.collect()
    assert forgotten() is None


def test_the_store_with_an_asynchronous_client_of_the_page():
    page = (Path(__file__).parents[3] / "docs" / "write-a-provider.md").read_text()
    (code,) = re.findall(r'```python title="an asynchronous client"\n(.*?)^```', page, re.M | re.S)

    class AcmeAsyncClient(Client):
        def __init__(self, url):
            super().__init__()
            opened.append(self)

        async def rows(self, table, keys):
            return [(key, 1, 1, table.encode()) for key in keys]

    opened = []
    names = {"OnlineStore": OnlineStore, "PerLoop": PerLoop, "AcmeAsyncClient": AcmeAsyncClient}
    exec(code, names)  # noqa: S102
    store_class = names["AcmeOnlineStore"]
    store_class.__abstractmethods__ = frozenset()
    store = store_class("acme://")

    async def work():
        assert await store.read_async(OnlineTable("p", "v"), [b"k"]) == [(b"k", 1, 1, b"p.v.0")]
        await store.close_async()

    asyncio.run(work())
    assert [client.closed_in is client.loop for client in opened] == [True]
