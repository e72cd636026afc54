"""The registry in S3 before the conformance suite of registries.

A real account is used where ``PROVENDER_TEST_S3`` holds the address of a bucket and a prefix.
"""

import os
import uuid

import pytest

from harness.tiers import examples
from provender.testing.registry_suite import RegistrySuite
from servers.redshift import s3_bucket

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")


@pytest.fixture(scope="module")
def bucket():
    own = uuid.uuid4().hex[:12]
    if real := os.environ.get("PROVENDER_TEST_S3"):
        yield {"path": f"{real.rstrip('/')}/{own}"}
        return
    with s3_bucket() as (settings, name):
        yield {"path": f"s3://{name}/{own}", **settings}


class TestS3Registry(RegistrySuite):
    provider = "aws"
    crowd = examples(16, short=5)

    @pytest.fixture
    def settings(self, bucket):
        return bucket
