"""What ``provender doctor`` looks at: credentials, Redshift, DynamoDB, buckets, permissions.

Writing is tried on conditions that cannot hold, which AWS answers with another error than a missing
permission. Only COPY and UNLOAD leave files, in the staging location, which are removed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from typing import Any
from uuid import uuid4

from provender.errors import ConfigError, Conflict, StoreError
from provender.plugin import Check, Finding, PluginContext, Role, run_checks
from provender_aws import checks_redshift
from provender_aws.clients import open_client
from provender_aws.configuration import AccountConfig, chosen, completed, provider_settings
from provender_aws.dynamodb_configuration import DynamoDBConfig, complete_dynamodb
from provender_aws.errors import aws_errors, code
from provender_aws.redshift_configuration import RedshiftConfig
from provender_aws.s3_bucket import S3Bucket
from provender_aws.s3_configuration import S3RegistryConfig, complete_s3

_SETTINGS, _LIBRARIES = "settings under aws:", "client libraries"
ROLES: tuple[Role, ...] = ("offline", "online", "registry")
_FIX = "compare the settings and the permissions with docs/providers/aws.md"
FAST: dict[str, Any] = {
    "connect_timeout": 10,
    "read_timeout": 10,
    "retries": {"mode": "standard", "total_max_attempts": 2},
}
"""The options of clients that only look."""


def findings(context: PluginContext) -> list[Finding]:
    """Look at everything, but at nothing that needs what is not well.

    Args:
        context: The project, with the settings of the stores that it has chosen.
    """
    return run_checks(_checks(context), "pip install 'provender[aws]'")


def _checks(context: PluginContext) -> Iterator[Check]:
    roles = tuple(role for role in ROLES if isinstance(context.stores.get(role), AccountConfig))
    yield Check(_SETTINGS, lambda: _settings(context), stops=roles, fix=_FIX)
    yield Check(_LIBRARIES, _libraries, (_SETTINGS,), roles, _FIX)
    try:
        accounts = _accounts(context, roles)
    except ConfigError:  # the first check has found it
        return
    several = len(accounts) > 1
    for account, its in accounts:
        subject = f"credentials of {', '.join(its)}" if several else "credentials"
        yield Check(subject, partial(identity, account), (_LIBRARIES,), its, _FIX)
        for role in its:
            yield from _of_store(context, role, subject)


def _of_store(context: PluginContext, role: Role, credentials: str) -> Iterator[Check]:
    """Return what is looked at of the store of a role, once its credentials are well."""
    if (redshift := chosen(context, "offline", RedshiftConfig)) and role == "offline":
        yield from checks_redshift.checks(redshift, context, credentials)
    if (online := chosen(context, "online", DynamoDBConfig)) and role == "online":
        found = complete_dynamodb(online, context)
        yield Check("DynamoDB", lambda: _dynamodb(found), (credentials,), fix=_FIX)
    if (registry := chosen(context, "registry", S3RegistryConfig)) and role == "registry":
        reading = "registry's bucket"
        yield Check(reading, lambda: _bucket_reading(registry, context), (credentials,), fix=_FIX)
        writing = partial(_bucket_writing, registry, context)
        yield Check("writing to the registry's bucket", writing, (reading,), fix=_FIX)


def _settings(context: PluginContext) -> str:
    provider_settings(context)
    return "valid"


def _libraries() -> str:
    import boto3
    import botocore

    return f"boto3 {boto3.__version__}, botocore {botocore.__version__}"


def _accounts(
    context: PluginContext, roles: Sequence[Role]
) -> list[tuple[AccountConfig, tuple[Role, ...]]]:
    """Return who speaks to AWS, each once, and for which stores.

    Raises:
        ConfigError: The settings under ``aws:`` are wrong.
    """
    shared = completed(AccountConfig(), context)
    found: dict[str, tuple[AccountConfig, tuple[Role, ...]]] = {}
    for role in roles:
        store = context.stores[role].model_dump(include=set(AccountConfig.model_fields))
        account = completed(AccountConfig(**store), context)
        who = account.model_dump_json(exclude={"region"})
        first, its = found.get(who, (account, ()))
        found[who] = first, (*its, role)
    return list(found.values()) or [(shared, ())]


def identity(account: AccountConfig) -> str:
    """Say whose the credentials are.

    Raises:
        StoreError: There are none, or they are not valid.
    """
    client = open_client("sts", account, account.sts_endpoint, **FAST)
    with aws_errors("STS"), closing(client):
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
        return (
            f"table {name!r} can be written"
            if there
            else "can be reached; `provender apply` creates the tables"
        )


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
            return "conditional writes are supported"
    raise StoreError(
        f"s3://{bucket.name} ignores the condition of a conditional write",
        allowed="S3, or a server that supports If-Match and If-None-Match",
        fix="use another registry: with this one, concurrent applies undo each other's changes",
    )
