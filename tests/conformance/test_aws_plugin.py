"""The entry point of the Amazon provider before the conformance suite of plug-ins."""

import sys

import pytest

from provender.testing.plugin_suite import PluginSuite
from provender.testing.processes import run

pytest.importorskip("boto3", reason="boto3 is not installed: pip install 'provender[aws]'")


class TestPlugin(PluginSuite):
    provider = "aws"
    settings = {  # noqa: RUF012
        "redshift": {
            "cluster": "c",
            "database": "d",
            "s3_staging_location": "s3://bucket/staging",
            "endpoint": "http://127.0.0.1:9",
            "region": "us-east-1",
        },
        "s3": {
            "path": "s3://bucket/registry",
            "s3_endpoint": "http://127.0.0.1:9",
            "region": "us-east-1",
            "attempts": 1,
        },
    }


def test_nothing_of_the_sdk_is_imported_before_a_store_is_used():
    modules = "provender_aws.plugin, provender_aws.redshift_store, provender_aws.s3_bucket"
    code = f"import sys, {modules}; print([m for m in sys.modules if m.startswith('boto')])"
    done = run([sys.executable, "-c", code])
    assert done.stdout.strip() == "[]"
