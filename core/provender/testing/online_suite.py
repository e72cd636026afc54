"""`OnlineStoreSuite`: the conformance suite of online stores.

A provider subclasses it::

    class TestRedis(OnlineStoreSuite):
        provider = "redis"

        @pytest.fixture
        def settings(self, redis_url):
            return {"url": redis_url}
"""

from __future__ import annotations

from provender.testing.suites.online.async_rules import OnlineAsyncRules
from provender.testing.suites.online.concurrency_rules import OnlineCrowdRules
from provender.testing.suites.online.erasure_rules import OnlineErasureRules
from provender.testing.suites.online.figures_rules import OnlineFiguresRules
from provender.testing.suites.online.generation_rules import OnlineGenerationRules
from provender.testing.suites.online.merge_rules import OnlineMergeRules
from provender.testing.suites.online.read_rules import OnlineReadRules
from provender.testing.suites.online.swap_rules import OnlineSwapRules
from provender.testing.suites.online.sweep_rules import OnlineSweepRules
from provender.testing.suites.online.table_rules import OnlineTableRules


class OnlineStoreSuite(
    OnlineMergeRules,
    OnlineReadRules,
    OnlineTableRules,
    OnlineErasureRules,
    OnlineGenerationRules,
    OnlineFiguresRules,
    OnlineSwapRules,
    OnlineSweepRules,
    OnlineCrowdRules,
    OnlineAsyncRules,
):
    """Every rule of `provender.plugin.OnlineStore`, one test each."""
