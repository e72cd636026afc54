"""The settings of the registry in S3."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from provender.errors import ConfigError
from provender.plugin import Matching, PluginContext
from provender_aws.configuration import AccountConfig, Url, completed, provider_settings

Address = Annotated[
    str, Matching(r"s3://[a-z0-9][a-z0-9.-]+[a-z0-9](/.*)?", "s3://bucket or s3://bucket/path")
]


class S3RegistryConfig(AccountConfig):
    """Settings of the ``s3`` registry; what is left out is taken from ``aws:``.

    Attributes:
        path: ``s3://bucket/prefix``; None: ``provender/registry`` in the bucket of ``aws:``.
        region: The bucket's region; None: as the AWS SDK finds it.
        profile: A profile of the AWS configuration; None: as the AWS SDK finds it.
        role_arn: A role that is assumed with these credentials; None: they are used themselves.
        role_session_name: What CloudTrail shows with the role; None: ``provender``.
        external_id: The external ID that the role's trust policy asks for.
        sts_endpoint: Another address of STS.
        s3_endpoint: Another address of S3.
        kms_key_id: The KMS key that encrypts the objects; None: as the bucket is set up.
        timeout_seconds: How long one attempt of a request may take.
        attempts: How often a request that fails temporarily is tried.
    """

    path: Address | None = None
    s3_endpoint: Url | None = None
    kms_key_id: str | None = None
    timeout_seconds: float = Field(default=30.0, gt=0)
    attempts: int = Field(default=6, ge=1, le=50)


def complete_s3(config: S3RegistryConfig, context: PluginContext) -> S3RegistryConfig:
    """Return the settings with what is taken from under ``aws:``.

    Raises:
        ConfigError: No bucket is named, or something under ``aws:`` is wrong.
    """
    found = completed(config, context)
    bucket = provider_settings(context).bucket
    if found.path is None and bucket is not None:
        return found.model_copy(update={"path": f"s3://{bucket}/provender/registry"})
    if found.path is None:
        raise ConfigError(
            "no bucket is named for the registry",
            allowed="registry: s3://bucket/prefix, or aws: {bucket: bucket}",
            fix="aws s3 mb s3://BUCKET creates one",
        )
    return found
