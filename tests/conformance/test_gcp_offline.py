"""BigQuery before the conformance suite of offline stores.

The emulator takes a third of a second for most tests, so of those that try many values only every
eighth runs, unless ``PROVENDER_TEST_ALL`` is set; all others always run.
"""

import os
from zlib import crc32

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
    def settings(self, request):
        if not _chosen(request.node):
            pytest.skip("one of eight values is tried: PROVENDER_TEST_ALL=1 tries all")
        return request.getfixturevalue("bigquery")

    @pytest.fixture
    def harness(self, opener):
        return BigQueryHarness(opener)


def _chosen(item):
    """Whether a test runs: by its name, so that the choice is always the same."""
    many = "[" in item.name and not item.name.endswith(("[0]", "[1]"))
    return not many or "PROVENDER_TEST_ALL" in os.environ or crc32(item.name.encode()) % 8 == 0
