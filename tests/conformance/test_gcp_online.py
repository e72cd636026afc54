"""Firestore before the conformance suite of online stores."""

import pytest

from provender.testing.online_suite import OnlineStoreSuite
from servers.google_cloud import firestore_settings


@pytest.fixture(scope="module")
def firestore(tmp_path_factory):
    with firestore_settings(tmp_path_factory.mktemp("firestore")) as settings:
        yield settings


class TestFirestore(OnlineStoreSuite):
    provider = "gcp"

    @pytest.fixture
    def settings(self, firestore):
        return firestore


class TestNamedDatabase(TestFirestore):
    """Another database, with requests so small that every call needs several."""

    @pytest.fixture
    def settings(self, firestore):
        small = {"batch_rows": 7, "read_rows": 5, "parallel": 3}
        return {**firestore, **small, "database": firestore.get("database", "second")}
