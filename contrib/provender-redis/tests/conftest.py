"""A real redis-server on a free loopback port, with a data folder of its own."""

from __future__ import annotations

from uuid import uuid4

import pytest
from redis_servers import redis_server

from provender.plugin import OnlineTable
from provender.testing.suites.store_opener import StoreOpener


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server that all tests may share, for no test empties it."""
    with redis_server(tmp_path_factory.mktemp("redis")) as started:
        yield started


@pytest.fixture
def redis_url(server):
    return server.url


@pytest.fixture
def client(server):
    """What sees the server as others see it."""
    with server.client() as connected:
        yield connected


@pytest.fixture
def open_store(tmp_path, redis_url):
    """Open a store with settings, by default on the shared server."""
    opened = []

    def make(**settings):
        given = settings if {"url", "port", "sentinels"} & set(settings) else {"url": redis_url}
        opened.append(StoreOpener("online", "redis", None, tmp_path, {**given, **settings}).open())
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store):
    return open_store()


@pytest.fixture
def table():
    """A table that no other test uses."""
    return OnlineTable(f"p{uuid4().hex[:10]}", "view")


@pytest.fixture
def key_of(client):
    """The Redis keys of a table's rows."""
    return lambda table: client.keys(f"provender/{table.project}/*")
