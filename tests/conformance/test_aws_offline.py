"""Redshift before the conformance suite of offline stores."""

import pytest

from provender.testing.offline_suite import OfflineStoreSuite
from servers.redshift import redshift_settings

pytest.importorskip("boto3")


@pytest.fixture(scope="module")
def redshift():
    with redshift_settings() as settings:
        yield {"poll_seconds": 0.005, **settings}


class TestRedshift(OfflineStoreSuite):
    provider = "aws"

    @pytest.fixture
    def settings(self, redshift):
        return redshift

    @pytest.fixture
    def harness(self, opener):
        from servers.redshift_tables import RedshiftHarness

        harness = RedshiftHarness(opener)
        yield harness
        harness.close()
