"""A server for all tests, and a schema of its own for each."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from postgres_servers import postgres_server

from provender.testing.servers import HOST


@pytest.fixture(scope="session")
def port():
    with postgres_server() as started:
        yield started


@pytest.fixture(scope="session")
def url(port):
    return f"postgresql://postgres@{HOST}:{port}/postgres"


@pytest.fixture(scope="session")
def admin(url):
    """What sees the server as others see it."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def schema(admin):
    name = f"s{uuid4().hex[:12]}"
    admin.execute(f"CREATE SCHEMA {name}")
    yield name
    admin.execute(f"DROP SCHEMA {name} CASCADE")
