"""`OfflineStoreSuite`: the conformance suite of offline stores.

A provider writes a harness and subclasses the suite::

    class TestDuckDB(OfflineStoreSuite):
        provider = "local"

        @pytest.fixture
        def harness(self, opener):
            return ParquetHarness(opener)
"""

from __future__ import annotations

from provender.testing.offline_harness import OfflineHarness
from provender.testing.offline_join_rules import OfflineJoinRules
from provender.testing.offline_name_rules import (
    OfflineCleanupRules,
    OfflineNameRules,
    OfflineSpineRules,
)
from provender.testing.offline_result_rules import OfflineResultRules
from provender.testing.offline_statistics_rules import OfflineStatisticsRules
from provender.testing.offline_type_rules import OfflineInstantRules, OfflineTypeRules
from provender.testing.offline_window_rules import OfflineAppendRules, OfflineWindowRules

__all__ = ["OfflineHarness", "OfflineStoreSuite"]


class OfflineStoreSuite(
    OfflineJoinRules,
    OfflineResultRules,
    OfflineTypeRules,
    OfflineInstantRules,
    OfflineWindowRules,
    OfflineAppendRules,
    OfflineStatisticsRules,
    OfflineNameRules,
    OfflineSpineRules,
    OfflineCleanupRules,
):
    """Every rule of `provender.plugin.OfflineStore`, one test each."""
