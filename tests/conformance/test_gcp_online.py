"""Firestore before the conformance suite of online stores."""

from dataclasses import replace

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

    def test_a_row_that_is_written_again_expires_by_the_ttl_of_then(self, store, table):
        """Firestore removes a document some time after the instant that it holds."""

        def expiry():
            ((found,),) = store._client.documents(*store._collection(table), 10, "expires")
            if "expires" not in found.fields:
                return None
            instant = found.fields["expires"].timestamp_value
            return instant.seconds, instant.nanos

        row = (b"k", 1_700_000_000_000_001, 0, b"v")
        ends = [(5_000_000, (1_700_000_005, 1_000)), (9_000_000, (1_700_000_009, 1_000))]
        for ttl, expires in [*ends, (None, None)]:
            store.write(replace(table, ttl=ttl), [row])
            assert expiry() == expires

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
