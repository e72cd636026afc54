"""DynamoDB before the conformance suite of online stores."""

import pytest

from provender.testing.online_merge_rules import OnlineMergeRules
from provender.testing.online_suite import OnlineStoreSuite
from provender.testing.online_table_rules import OnlineTableRules
from servers.dynamodb import dynamodb_settings, ministack_server
from servers.redshift import s3_server

pytest.importorskip("boto3")


@pytest.fixture(scope="module")
def ministack():
    with dynamodb_settings(ministack_server) as settings:
        yield settings


@pytest.fixture(scope="module")
def moto():
    with dynamodb_settings(s3_server) as settings:
        yield settings


class TestDynamoDB(OnlineStoreSuite):
    provider = "aws"

    @pytest.fixture
    def settings(self, ministack):
        return ministack


class TestSharedTable(OnlineMergeRules, OnlineTableRules):
    """All views in one table, and reads that see every write."""

    provider = "aws"

    @pytest.fixture
    def settings(self, moto):
        return {**moto, "table": f"{moto['table_prefix']}.all", "consistent_reads": True}
