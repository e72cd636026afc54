"""BigQuery before the conformance suite of offline stores.

The emulator takes a second of processor for most tests, so `make test` tries one value of each
rule; `make test-all` tries all of them.
"""

from contextlib import closing

import pytest

from provender.testing.offline_suite import OfflineStoreSuite
from servers.bigquery import bigquery_settings
from servers.bigquery_tables import BigQueryHarness

pytestmark = pytest.mark.values(1)


@pytest.fixture(scope="module")
def bigquery():
    with bigquery_settings() as settings:
        yield settings


class TestBigQuery(OfflineStoreSuite):
    provider = "gcp"

    @pytest.fixture
    def settings(self, bigquery):
        return bigquery

    @pytest.fixture
    def harness(self, opener):
        with closing(BigQueryHarness(opener)) as found:
            yield found
