"""The entry point of the Amazon provider: light, it imports no client library."""

from __future__ import annotations

from collections.abc import Sequence

from provender.plugin import (
    Finding,
    PluginContext,
    ProviderInfo,
    StoreType,
    hookimpl,
)
from provender_aws.configuration import AwsConfig
from provender_aws.dynamodb_configuration import DynamoDBConfig
from provender_aws.redshift_configuration import RedshiftConfig
from provender_aws.s3_configuration import S3RegistryConfig

info = ProviderInfo(
    name="aws",
    api_version=2,
    stores={
        "offline": (
            StoreType(
                "redshift",
                RedshiftConfig,
                frozenset({"parquet_spine", "sql_spine", "sql"}),
                factory="provender_aws.redshift_store:RedshiftStore",
            ),
        ),
        "online": (
            StoreType(
                "dynamodb",
                DynamoDBConfig,
                frozenset({"multi_process", "delete", "keys", "swap", "figures", "expiry"}),
                factory="provender_aws.dynamodb_store:DynamoDBStore",
            ),
        ),
        "registry": (
            StoreType(
                "s3",
                S3RegistryConfig,
                frozenset({"multi_process"}),
                shorthand="path",
                factory="provender_aws.s3_registry:s3_registry",
            ),
        ),
    },
    sources={"redshift": "provender_aws.redshift_source:RedshiftSource"},
    extra="aws",
    requires=("boto3", "botocore"),
    settings=AwsConfig,
)


@hookimpl
def provender_check(context: PluginContext) -> Sequence[Finding]:
    """Look at the credentials, Redshift, DynamoDB, the buckets and what is allowed."""
    from provender_aws.checks import findings

    return findings(context)
