"""The conformance suites: all that a provider has to write."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from provender.testing.offline_suite import OfflineHarness, OfflineStoreSuite
from provender.testing.online_suite import OnlineStoreSuite
from provender.testing.plugin_suite import PluginSuite
from provender.testing.registry_suite import RegistrySuite
from provender_postgres import PostgresSource
from provender_postgres.arrow_types import type_name
from provender_postgres.session import copy_rows


class PostgresHarness(OfflineHarness):
    def __init__(self, opener, admin):
        super().__init__(opener)
        self._admin = admin

    def source(self, table, **columns):
        return PostgresSource(table=self._stored(table), **columns)

    def leftovers(self):
        temporary = "SELECT relname FROM pg_class WHERE relpersistence = 't' AND relkind = 'r'"
        return [name for (name,) in self._admin.execute(temporary)]

    def spine_query(self, table):
        return f"SELECT * FROM {self._stored(table)}"

    def _stored(self, table):
        place = sql.Identifier(f"rows_{uuid4().hex}")
        columns = [
            sql.SQL("{} {}").format(sql.Identifier(f.name), sql.SQL(type_name(f.type)))
            for f in table.schema
        ]
        make = sql.SQL("CREATE TABLE {} ({})").format(place, sql.SQL(", ").join(columns))
        self._admin.execute(make)
        copy_rows(self._admin, place, table)
        return place.as_string()


class TestOffline(OfflineStoreSuite):
    provider = "postgres"

    @pytest.fixture
    def settings(self, url):
        return {"url": url}

    @pytest.fixture
    def harness(self, opener, admin):
        return PostgresHarness(opener, admin)


class TestOnline(OnlineStoreSuite):
    provider = "postgres"

    @pytest.fixture
    def settings(self, url, schema):
        return {"url": url, "schema_name": schema}


class TestRegistry(RegistrySuite):
    provider = "postgres"

    @pytest.fixture
    def settings(self, url, schema):
        return {"url": url, "schema_name": schema}


class TestPlugin(PluginSuite):
    provider = "postgres"


def test_the_driver_is_the_one_that_is_tested():
    assert psycopg.__version__ >= "3.2"
