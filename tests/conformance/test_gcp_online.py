"""Firestore before the conformance suite of online stores."""

import pytest

from harness.tiers import examples
from provender.testing.online_suite import OnlineStoreSuite
from servers.google_cloud import firestore_settings


@pytest.fixture(scope="module")
def firestore():
    with firestore_settings() as settings:
        yield settings


class TestFirestore(OnlineStoreSuite):
    provider = "gcp"
    crowd = examples(8, short=4)

    @pytest.fixture
    def settings(self, firestore):
        return firestore

    @pytest.mark.parametrize("count", [1, 1_000, pytest.param(10_000, marks=pytest.mark.long)])
    def test_many_keys_come_back_in_their_order(self, store, table, count):
        super().test_many_keys_come_back_in_their_order(store, table, count)


@pytest.mark.values(1)
class TestNamedDatabase(TestFirestore):
    """Another database, with requests so small that every call needs several."""

    @pytest.fixture
    def settings(self, firestore):
        small = {"batch_rows": 7, "read_rows": 5, "parallel": 3}
        return {**firestore, **small, "database": firestore.get("database", "second")}

    @pytest.mark.parametrize("count", [1_000])
    def test_many_keys_come_back_in_their_order(self, store, table, count):
        super().test_many_keys_come_back_in_their_order(store, table, count)
