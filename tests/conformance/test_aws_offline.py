"""Redshift before the conformance suite of offline stores.

Every statement of the Data API takes several requests, so `make test` tries a part of the suite:
of each rule the first cases. ``PROVENDER_TEST_ALL=1`` tries all of it, and so does a real account
(see servers/redshift.py).
"""

import os

import pytest

from provender.testing.offline_suite import OfflineStoreSuite
from servers.redshift import redshift_settings

pytest.importorskip("boto3")
MOST_CASES = 3
"""The cases of one rule that are always tried."""
WHOLE = bool(os.environ.get("PROVENDER_TEST_ALL") or os.environ.get("PROVENDER_TEST_REDSHIFT"))
_seen = {}


@pytest.fixture(scope="module")
def redshift():
    with redshift_settings() as settings:
        yield {"poll_seconds": 0.005, **settings}


@pytest.fixture(scope="module")
def shared():
    from servers.redshift_tables import shared_clients

    with shared_clients() as found:
        yield found


@pytest.fixture(autouse=True)
def _representative(request):
    rule = request.node.originalname
    cases = _seen.setdefault(rule, set())
    cases.add(request.node.name)
    if len(cases) > MOST_CASES and not WHOLE:
        pytest.skip(f"only {MOST_CASES} cases of a rule are tried without PROVENDER_TEST_ALL=1")


class TestRedshift(OfflineStoreSuite):
    provider = "aws"

    @pytest.fixture
    def settings(self, redshift):
        return redshift

    @pytest.fixture
    def harness(self, opener, shared):
        from servers.redshift_tables import RedshiftHarness

        return RedshiftHarness(opener, shared)
