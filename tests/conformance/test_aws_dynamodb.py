"""DynamoDB before the conformance suite of online stores."""

import pytest

from harness.tiers import examples
from provender.testing.online_suite import OnlineStoreSuite
from provender.testing.suites.online.erasure_rules import OnlineErasureRules
from provender.testing.suites.online.figures_rules import OnlineFiguresRules
from provender.testing.suites.online.merge_rules import OnlineMergeRules
from provender.testing.suites.online.swap_rules import OnlineSwapRules
from provender.testing.suites.online.table_rules import OnlineTableRules
from servers.dynamodb import dynamodb_settings

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")


@pytest.fixture(scope="module")
def ministack():
    with dynamodb_settings("ministack") as settings:
        yield settings


@pytest.fixture(scope="module")
def moto():
    with dynamodb_settings("moto") as settings:
        yield settings


class TestDynamoDB(OnlineStoreSuite):
    provider = "aws"
    crowd = examples(8, short=4)

    @pytest.fixture
    def settings(self, ministack):
        return ministack

    @pytest.mark.parametrize("count", [1, 1_000, pytest.param(10_000, marks=pytest.mark.long)])
    def test_many_keys_come_back_in_their_order(self, store, table, count):
        super().test_many_keys_come_back_in_their_order(store, table, count)


class TestSharedTable(
    OnlineMergeRules,
    OnlineTableRules,
    OnlineErasureRules,
    OnlineFiguresRules,
    OnlineSwapRules,
):
    """All views in one table, and reads that see every write."""

    provider = "aws"

    @pytest.fixture
    def settings(self, moto):
        return {**moto, "table": f"{moto['table_prefix']}.all", "consistent_reads": True}
