"""A real redis-server on a free loopback port, with a data folder of its own."""

from __future__ import annotations

import pytest
from redis_servers import redis_server


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A server that all tests may share, for no test empties it."""
    with redis_server(tmp_path_factory.mktemp("redis")) as started:
        yield started


@pytest.fixture
def redis_url(server):
    return server.url
