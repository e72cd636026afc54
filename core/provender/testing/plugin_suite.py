"""`PluginSuite`: the conformance suite of a provider's entry point.

A provider subclasses it::

    class TestPlugin(PluginSuite):
        provider = "redis"
        settings = {"redis": {"url": "redis://localhost"}}
"""

from __future__ import annotations

from provender.testing.suites.plugin.factory_rules import PluginBuildRules
from provender.testing.suites.plugin.info_rules import PluginInfoRules


class PluginSuite(PluginInfoRules, PluginBuildRules):
    """Every rule of a plug-in, one test each."""
