"""DynamoDB before the conformance suite of online stores."""

from dataclasses import replace

import pytest

from harness.tiers import examples
from provender.testing.online_suite import OnlineStoreSuite
from provender.testing.suites.online.erasure_rules import OnlineErasureRules
from provender.testing.suites.online.figures_rules import OnlineFiguresRules
from provender.testing.suites.online.generation_rules import OnlineGenerationRules
from provender.testing.suites.online.merge_rules import OnlineMergeRules
from provender.testing.suites.online.swap_rules import OnlineSwapRules
from provender.testing.suites.online.sweep_rules import OnlineSweepRules
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


def expiry(settings, table):
    """Return the second from which DynamoDB may remove the only row of a table; None: never."""
    import boto3

    place = {"region_name": settings["region"], "endpoint_url": settings.get("endpoint")}
    client = boto3.client("dynamodb", **place)
    (item,) = client.scan(TableName=f"{settings['table_prefix']}.{table.name}")["Items"]
    client.close()
    return int(item["x"]["N"]) if "x" in item else None


class TestDynamoDB(OnlineStoreSuite):
    provider = "aws"
    crowd = examples(8, short=4)

    @pytest.fixture
    def settings(self, ministack):
        return ministack

    def test_a_row_that_is_written_again_expires_by_the_ttl_of_then(self, store, table, ministack):
        """DynamoDB removes an item some time after the second that it holds, never earlier."""
        row = (b"k", 1_700_000_000_000_001, 0, b"v")
        for ttl, expires in ((5_000_000, 1_700_000_006), (9_000_000, 1_700_000_010), (None, None)):
            store.write(replace(table, ttl=ttl), [row])
            assert expiry(ministack, table) == expires

    @pytest.mark.parametrize("count", [1, 1_000, pytest.param(10_000, marks=pytest.mark.long)])
    def test_many_keys_come_back_in_their_order(self, store, table, count):
        super().test_many_keys_come_back_in_their_order(store, table, count)


class TestSharedTable(
    OnlineMergeRules,
    OnlineTableRules,
    OnlineErasureRules,
    OnlineGenerationRules,
    OnlineFiguresRules,
    OnlineSwapRules,
    OnlineSweepRules,
):
    """All views in one table, and reads that see every write."""

    provider = "aws"

    @pytest.fixture
    def settings(self, moto):
        return {**moto, "table": f"{moto['table_prefix']}.all", "consistent_reads": True}
