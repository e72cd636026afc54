"""The settings of the registry in S3."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from provender.errors import ConfigError
from provender.plugin import PluginContext, StoreConfig
from provender_aws.redshift_configuration import Url

Address = Annotated[str, StringConstraints(pattern=r"^s3://[a-z0-9][a-z0-9.-]+[a-z0-9](/.*)?$")]
_SHARED = ("region", "profile", "s3_endpoint")


class S3RegistryConfig(StoreConfig):
    """Settings of the ``s3`` registry; what is left out is taken from ``aws:``.

    Attributes:
        path: ``s3://bucket/prefix``.
        region: The bucket's region; None: as the AWS SDK finds it.
        profile: A profile of the AWS configuration; None: as the AWS SDK finds it.
        s3_endpoint: Another address of S3.
        kms_key_id: The KMS key that encrypts the objects; None: as the bucket is set up.
        timeout_seconds: How long one attempt of a request may take.
        attempts: How often a request is tried that fails for a moment.
    """

    path: Address | None = None
    region: str | None = None
    profile: str | None = None
    s3_endpoint: Url | None = None
    kms_key_id: str | None = None
    timeout_seconds: float = Field(default=30.0, gt=0)
    attempts: int = Field(default=6, ge=1, le=50)


def complete_s3(config: S3RegistryConfig, context: PluginContext) -> S3RegistryConfig:
    """Return the settings with what is taken from under ``aws:``.

    Raises:
        ConfigError: No bucket is named.
    """
    own = config.model_dump(exclude_none=True)
    if config.path is None:
        raise ConfigError(
            "no bucket is named for the registry",
            allowed="registry: s3://bucket/prefix",
            fix="aws s3 mb s3://BUCKET makes one",
        )
    shared = {n: v for n, v in context.provider.items() if n in _SHARED and v is not None}
    return S3RegistryConfig(**{**shared, **own})
