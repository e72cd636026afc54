"""The conformance suites: all that a provider has to write."""

import pytest

from provender.testing.online_suite import OnlineStoreSuite
from provender.testing.plugin_suite import PluginSuite


class TestRedis(OnlineStoreSuite):
    provider = "redis"

    @pytest.fixture
    def settings(self, redis_url):
        return {"url": redis_url}


class TestPlugin(PluginSuite):
    provider = "redis"
