"""The settings under ``aws:``, which the stores share, and how a store takes what it leaves out."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import ValidationError

from provender.errors import ConfigError, Problem
from provender.plugin import Matching, PluginContext, Role, StoreConfig
from provender.plugin import provider_settings as settings_of

Url = Annotated[
    str,
    Matching(
        r"https?://[^/\s]+/?",
        "an address such as http://127.0.0.1:5000",
    ),
]
Location = Annotated[
    str,
    Matching(
        r"s3://[^/\s'\"$\\]+(/[^\s'\"$\\]*)?",
        "s3://bucket or s3://bucket/path, without blanks, quotes, $ and backslashes",
    ),
]
"""``s3://bucket/prefix``; it is pasted into COPY and UNLOAD, so it has no quotes."""
IamRole = Annotated[
    str,
    Matching(
        r"default|arn:[\w:/+=,.@-]+",
        "default, or the ARN of a role, such as arn:aws:iam::123456789012:role/name",
    ),
]
RoleArn = Annotated[
    str,
    Matching(
        r"arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+",
        "the ARN of a role, such as arn:aws:iam::123456789012:role/name",
    ),
]
SessionName = Annotated[
    str,
    Matching(
        r"[A-Za-z0-9_+=,.@-]{2,64}",
        "2 to 64 letters, digits, and the characters _ + = , . @ -",
    ),
]
ExternalId = Annotated[
    str,
    Matching(
        r"[A-Za-z0-9_+=,.@:/-]{2,1224}",
        "2 to 1224 letters, digits, and the characters _ + = , . @ : / -",
    ),
]
Bucket = Annotated[
    str,
    Matching(
        r"[a-z0-9][a-z0-9.-]+[a-z0-9]",
        "the name of a bucket: small letters, digits, . and -",
    ),
]
Kind = TypeVar("Kind", bound=StoreConfig)
_ROLE = frozenset({"role_arn", "external_id"})
"""An external ID belongs to its role."""


class AccountConfig(StoreConfig):
    """The identity and the region of requests to AWS.

    Attributes:
        region: The AWS region; None: as the AWS SDK finds it.
        profile: A profile of the AWS configuration; None: as the AWS SDK finds it.
        role_arn: A role that is assumed with these credentials; None: they are used themselves.
        role_session_name: What CloudTrail shows with the role; None: ``provender``.
        external_id: The external ID that the role's trust policy asks for.
        sts_endpoint: Another address of STS, which knows whose credentials they are.
    """

    region: str | None = None
    profile: str | None = None
    role_arn: RoleArn | None = None
    role_session_name: SessionName | None = None
    external_id: ExternalId | None = None
    sts_endpoint: Url | None = None


class AwsConfig(AccountConfig):
    """The keys under ``aws:`` of feature_store.yaml.

    Attributes:
        region: The AWS region; None: as the AWS SDK finds it.
        profile: A profile of the AWS configuration; None: as the AWS SDK finds it.
        role_arn: A role that is assumed with these credentials; None: they are used themselves.
        role_session_name: What CloudTrail shows with the role; None: ``provender``.
        external_id: The external ID that the role's trust policy asks for.
        sts_endpoint: Another address of STS, which knows whose credentials they are.
        cluster: The identifier of a provisioned Redshift cluster.
        workgroup: The name of a serverless Redshift workgroup, instead of a cluster.
        database: The database in Redshift.
        db_user: A database user of the cluster; None: the one that belongs to the IAM identity.
        secret_arn: A secret of Secrets Manager with user and password, instead of both.
        iam_role: The role by which Redshift reads and writes S3: an ARN, or ``default``.
        s3_staging_location: ``s3://bucket/prefix`` for rows on their way to and from Redshift.
        bucket: The bucket of the registry, unless that names another one.
        redshift_endpoint: Another address of the Redshift Data API.
        dynamodb_endpoint: Another address of DynamoDB.
        s3_endpoint: Another address of S3.
    """

    cluster: str | None = None
    workgroup: str | None = None
    database: str | None = None
    db_user: str | None = None
    secret_arn: str | None = None
    iam_role: IamRole | None = None
    s3_staging_location: Location | None = None
    bucket: Bucket | None = None
    redshift_endpoint: Url | None = None
    dynamodb_endpoint: Url | None = None
    s3_endpoint: Url | None = None


def provider_settings(context: PluginContext) -> AwsConfig:
    """Return what stands under ``aws:`` of feature_store.yaml.

    Raises:
        ConfigError: Everything that is wrong there, as one error.
    """
    return settings_of("aws", AwsConfig, context)


def completed(
    config: Kind, context: PluginContext, *together: frozenset[str], **renamed: str
) -> Kind:
    """Return the settings of a store with what it leaves out taken from under ``aws:``.

    Args:
        config: The store's own settings.
        context: Whom it is built for.
        together: Settings of which one that is given leaves out the others of ``aws:``, too, as
            a role of its own does the external ID.
        renamed: For a setting of the store what it is called under ``aws:``.

    Raises:
        ConfigError: Something under ``aws:`` is wrong.
    """
    shared = provider_settings(context)
    own = config.model_dump(exclude_none=True)
    settled = set(own).union(*(group for group in (_ROLE, *together) if group & own.keys()))
    taken = {
        name: getattr(shared, renamed.get(name, name), None)
        for name in type(config).model_fields
        if name not in settled
    }
    found = {name: value for name, value in taken.items() if value is not None}
    try:
        return type(config)(**{**found, **own})
    except ValidationError as error:
        told = (Problem("the settings do not fit", allowed=one["msg"]) for one in error.errors())
        raise ConfigError.of(told) from error


def chosen(context: PluginContext, role: Role, kind: type[Kind]) -> Kind | None:
    """Return the settings of the store that serves a role; None when it is of another kind."""
    found = context.stores.get(role)
    return found if isinstance(found, kind) else None
