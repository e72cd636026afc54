"""`EngineSuite`: the conformance suite of engines.

A provider subclasses it::

    class TestCluster(EngineSuite):
        provider = "cluster"

        @pytest.fixture
        def settings(self, master):
            return {"master": master}
"""

from __future__ import annotations

from provender.testing.suites.engine.run_rules import (
    EngineDeathRules,
    EngineProgressRules,
    EngineRunRules,
)


class EngineSuite(EngineRunRules, EngineProgressRules, EngineDeathRules):
    """Every rule of `provender.plugin.Engine`, one test each."""
