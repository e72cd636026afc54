"""The registry in S3 before the conformance suite of registries.

A real account is used where ``PROVENDER_TEST_S3`` holds the address of a bucket and a prefix.
"""

import os
import uuid

import pytest

from harness.tiers import examples
from provender.testing.registry_suite import RegistrySuite
from servers.redshift import aws_client, s3_server

pytest.importorskip("boto3")
_REGION = "us-east-1"


@pytest.fixture(scope="module")
def bucket():
    own = uuid.uuid4().hex[:12]
    if real := os.environ.get("PROVENDER_TEST_S3"):
        yield {"path": f"{real.rstrip('/')}/{own}"}
        return
    with pytest.MonkeyPatch.context() as patch, s3_server() as endpoint:
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        settings = {"region": _REGION, "s3_endpoint": endpoint}
        client = aws_client("s3", settings)
        client.create_bucket(Bucket="provender-registry")
        client.close()
        yield {"path": f"s3://provender-registry/{own}", **settings}


class TestS3Registry(RegistrySuite):
    provider = "aws"
    crowd = examples(16, short=5)

    @pytest.fixture
    def settings(self, bucket):
        return bucket
