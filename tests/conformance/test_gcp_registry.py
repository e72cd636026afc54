"""The registry in Cloud Storage before the conformance suite of registries."""

import pytest

from harness.tiers import examples
from provender.testing.registry_suite import RegistrySuite
from servers.google_cloud import registry_settings


@pytest.fixture(scope="module")
def bucket():
    with registry_settings() as settings:
        yield settings


class TestGcsRegistry(RegistrySuite):
    provider = "gcp"
    crowd = examples(16, short=5)

    @pytest.fixture
    def settings(self, bucket):
        return bucket
