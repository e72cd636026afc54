"""Redshift before the conformance suite of offline stores.

Every statement of the Data API takes several requests, so `make test` tries two values of each
rule; `make test-all` tries all of them.
"""

import pytest

from provender.testing.offline_suite import OfflineStoreSuite
from servers.redshift import redshift_settings

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")
pytestmark = pytest.mark.values(2)


@pytest.fixture(scope="module")
def redshift():
    with redshift_settings() as settings:
        yield {"poll_seconds": 0.005, **settings}


@pytest.fixture(scope="module")
def shared():
    from servers.redshift_tables import shared_clients

    with shared_clients() as found:
        yield found


class TestRedshift(OfflineStoreSuite):
    provider = "aws"

    @pytest.fixture
    def settings(self, redshift):
        return redshift

    @pytest.fixture
    def harness(self, opener, shared):
        from servers.redshift_tables import RedshiftHarness

        return RedshiftHarness(opener, shared)
