"""The entry point of the Amazon provider: light, it imports no client library."""

from __future__ import annotations

from collections.abc import Sequence

from provender.plugin import (
    Finding,
    OfflineStore,
    OnlineStore,
    PluginContext,
    ProviderInfo,
    Registry,
    StoreConfig,
    StoreType,
    hookimpl,
)
from provender_aws.dynamodb_configuration import DynamoDBConfig
from provender_aws.redshift_configuration import RedshiftConfig
from provender_aws.s3_configuration import S3RegistryConfig

_OFFLINE = frozenset({"parquet_spine", "sql_spine", "sql"})
_ONLINE = frozenset({"multi_process", "delete", "keys"})
_REGISTRY = frozenset({"multi_process"})

info = ProviderInfo(
    name="aws",
    stores={
        "offline": (StoreType("redshift", RedshiftConfig, _OFFLINE),),
        "online": (StoreType("dynamodb", DynamoDBConfig, _ONLINE),),
        "registry": (StoreType("s3", S3RegistryConfig, _REGISTRY, shorthand="path"),),
    },
    sources={"redshift": "provender_aws.redshift_source:RedshiftSource"},
    extra="aws",
    requires=("boto3", "botocore"),
)


@hookimpl
def provender_offline_store(config: StoreConfig, context: PluginContext) -> OfflineStore | None:
    """Build the Redshift store; AWS is first spoken to by its first call."""
    if not isinstance(config, RedshiftConfig):
        return None
    from provender_aws.redshift_store import RedshiftStore

    return RedshiftStore(config, context)


@hookimpl
def provender_online_store(config: StoreConfig, context: PluginContext) -> OnlineStore | None:
    """Build the DynamoDB store."""
    if not isinstance(config, DynamoDBConfig):
        return None
    from provender_aws.dynamodb_store import DynamoDBStore

    return DynamoDBStore(config, context)


@hookimpl
def provender_registry(config: StoreConfig, context: PluginContext) -> Registry | None:
    """Build the registry in a bucket."""
    if not isinstance(config, S3RegistryConfig):
        return None
    from provender_aws.s3_registry import s3_registry

    return s3_registry(config, context)


@hookimpl
def provender_check(context: PluginContext) -> Sequence[Finding]:
    """Look at the credentials, Redshift, DynamoDB, the buckets and what is allowed."""
    from provender_aws.checks import findings

    return findings(context)
