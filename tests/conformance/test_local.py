"""The local provider before the conformance suites."""

import pytest

from provender.testing.online_suite import OnlineStoreSuite
from provender.testing.registry_suite import RegistrySuite


class TestSqlite(OnlineStoreSuite):
    provider = "local"


class TestFileRegistry(RegistrySuite):
    provider = "local"


class TestSqlRegistry(RegistrySuite):
    provider = "local"
    store_type = "sql"

    @pytest.fixture
    def settings(self, tmp_path):
        return {"url": f"sqlite:///{tmp_path}/registry.db"}
