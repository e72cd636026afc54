"""`OfflineStoreSuite`: the conformance suite of offline stores.

A provider writes a harness and subclasses the suite::

    class TestDuckDB(OfflineStoreSuite):
        provider = "local"

        @pytest.fixture
        def harness(self, opener):
            return ParquetHarness(opener)
"""

from __future__ import annotations

from provender.testing.suites.offline.harness import OfflineHarness
from provender.testing.suites.offline.join_rules import OfflineJoinRules
from provender.testing.suites.offline.name_rules import (
    OfflineCleanupRules,
    OfflineNameRules,
    OfflineSpineRules,
)
from provender.testing.suites.offline.partition_rules import OfflinePartitionRules
from provender.testing.suites.offline.result_rules import OfflineResultRules
from provender.testing.suites.offline.statistics_rules import OfflineStatisticsRules
from provender.testing.suites.offline.type_rules import OfflineInstantRules, OfflineTypeRules
from provender.testing.suites.offline.window_rules import OfflineAppendRules, OfflineWindowRules

__all__ = ["OfflineHarness", "OfflineStoreSuite"]


class OfflineStoreSuite(
    OfflineJoinRules,
    OfflineResultRules,
    OfflineTypeRules,
    OfflineInstantRules,
    OfflineWindowRules,
    OfflinePartitionRules,
    OfflineAppendRules,
    OfflineStatisticsRules,
    OfflineNameRules,
    OfflineSpineRules,
    OfflineCleanupRules,
):
    """Every rule of `provender.plugin.OfflineStore`, one test each."""
