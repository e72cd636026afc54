"""What ``provender doctor`` looks at: credentials, Redshift, DynamoDB, buckets, permissions.

Nothing is changed: writing is tried on conditions that cannot hold, which AWS answers with another
error than a missing permission.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

from provender.errors import Conflict, StoreError
from provender.plugin import Finding, PluginContext, looked_at
from provender_aws import checks_redshift
from provender_aws.clients import open_client
from provender_aws.configuration import AccountConfig, AwsConfig, chosen, provider_settings
from provender_aws.dynamodb_configuration import DynamoDBConfig, complete_dynamodb
from provender_aws.errors import aws_errors, code
from provender_aws.redshift_configuration import RedshiftConfig
from provender_aws.s3_bucket import S3Bucket
from provender_aws.s3_configuration import S3RegistryConfig, complete_s3

_Check = tuple[str, Callable[[], str]]
_NEEDED = ("settings under aws:", "client libraries", "credentials")
FAST: dict[str, Any] = {
    "connect_timeout": 10,
    "read_timeout": 10,
    "retries": {"mode": "standard", "total_max_attempts": 2},
}
"""The options of clients that only look."""


def findings(context: PluginContext) -> list[Finding]:
    """Look at everything; after what nothing works without, look no further.

    Args:
        context: The project, with the settings of the stores that it has chosen.
    """
    found: list[Finding] = []
    for subject, check in _checks(context):
        found.append(looked_at(subject, check, "pip install 'provender[aws]'"))
        if not found[-1].ok and subject in _NEEDED:
            break
    return found


def _checks(context: PluginContext) -> Iterator[_Check]:
    """Return what is looked at, and the functions that say that it is well or raise."""
    yield "settings under aws:", lambda: _settings(context)
    yield "client libraries", _libraries
    shared = provider_settings(context)
    account = _account(context, shared)
    yield "credentials", lambda: identity(account, shared.sts_endpoint)
    if (redshift := chosen(context, "offline", RedshiftConfig)) is not None:
        yield from checks_redshift.checks(redshift, context)
    if (online := chosen(context, "online", DynamoDBConfig)) is not None:
        yield "DynamoDB", lambda: _dynamodb(complete_dynamodb(online, context))
    if (registry := chosen(context, "registry", S3RegistryConfig)) is not None:
        yield "registry's bucket", lambda: _bucket_reading(registry, context)
        yield "writing to the registry's bucket", lambda: _bucket_writing(registry, context)


def _settings(context: PluginContext) -> str:
    provider_settings(context)
    return "valid"


def _libraries() -> str:
    import boto3
    import botocore

    return f"boto3 {boto3.__version__}, botocore {botocore.__version__}"


def _account(context: PluginContext, shared: AwsConfig) -> AccountConfig:
    """Return who speaks to AWS: what is shared, or else what a store says."""
    stores = [one for one in context.stores.values() if isinstance(one, AccountConfig)]
    told = [one.model_dump(exclude_none=True) for one in (*reversed(stores), shared)]
    merged = {name: value for settings in told for name, value in settings.items()}
    return AccountConfig(**{n: merged[n] for n in AccountConfig.model_fields if n in merged})


def identity(account: AccountConfig, endpoint: str | None) -> str:
    """Say whose the credentials are.

    Raises:
        StoreError: There are none, or they are not valid.
    """
    with aws_errors("STS"), closing(open_client("sts", account, endpoint, **FAST)) as client:
        found = client.get_caller_identity()
        return f"{found['Arn']} of account {found['Account']}"


def _dynamodb(config: DynamoDBConfig) -> str:
    """Ask for a table that is not there, and put an item there: denied is denied all the same."""
    name = config.table or f"{config.table_prefix}.provender-doctor-{uuid4().hex}"
    with _client("dynamodb", config, config.endpoint) as client:
        there = _is_there(lambda: client.describe_table(TableName=name))
        _is_there(
            lambda: client.put_item(
                TableName=name,
                Item={"k": {"B": b"doctor"}},
                ConditionExpression="attribute_exists(k)",
            )
        )
        return f"table {name!r} can be written" if there else "can be asked; tables come by apply"


def _is_there(call: Callable[[], Any]) -> bool:
    try:
        call()
    except Exception as error:
        if code(error) == "ConditionalCheckFailedException":
            return True
        if code(error) != "ResourceNotFoundException":
            raise
        return False
    return True


@contextmanager
def _client(service: str, account: AccountConfig, endpoint: str | None) -> Iterator[Any]:
    place = {"dynamodb": "DynamoDB"}.get(service, service)
    with aws_errors(place), closing(open_client(service, account, endpoint, **FAST)) as client:
        yield client


def _bucket(config: S3RegistryConfig, context: PluginContext) -> tuple[S3Bucket, str]:
    settings = complete_s3(config, context)
    name, _, prefix = (settings.path or "").removeprefix("s3://").partition("/")
    return S3Bucket(name, settings), f"{prefix.strip('/')}/doctor-{uuid4().hex}".lstrip("/")


def _bucket_reading(config: S3RegistryConfig, context: PluginContext) -> str:
    bucket, name = _bucket(config, context)
    with closing(bucket):
        bucket.sizes(name)
        if bucket.get(name) is not None:
            raise StoreError(f"s3://{bucket.name} returns an object that nobody wrote")
        return f"s3://{bucket.name} can be read and listed"


def _bucket_writing(config: S3RegistryConfig, context: PluginContext) -> str:
    """Replace an object that is not there."""
    bucket, name = _bucket(config, context)
    with closing(bucket):
        try:
            bucket.put(name, b"", '"0123456789abcdef0123456789abcdef"')
        except Conflict:
            return "allowed, on the condition that nobody else has"
    raise StoreError(
        f"s3://{bucket.name} ignores the condition of a write",
        allowed="S3, or a server that keeps If-Match and If-None-Match",
        fix="use another registry: two people who apply would undo each other's work",
    )
