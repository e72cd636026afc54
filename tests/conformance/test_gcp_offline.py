"""BigQuery before the conformance suite of offline stores."""

import pytest

from provender.testing.offline_suite import OfflineStoreSuite
from servers.bigquery import bigquery_settings
from servers.bigquery_tables import BigQueryHarness


@pytest.fixture(scope="module")
def bigquery(tmp_path_factory):
    with bigquery_settings(tmp_path_factory.mktemp("bigquery")) as settings:
        yield settings


class TestBigQuery(OfflineStoreSuite):
    provider = "gcp"

    @pytest.fixture
    def settings(self, bigquery):
        return bigquery

    @pytest.fixture
    def harness(self, opener):
        return BigQueryHarness(opener)
