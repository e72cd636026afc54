"""The registry in S3: where its bucket is."""

from __future__ import annotations

from provender.plugin import ObjectRegistry, PluginContext
from provender_aws.s3_bucket import S3Bucket
from provender_aws.s3_configuration import S3RegistryConfig, complete_s3


def s3_registry(config: S3RegistryConfig, context: PluginContext) -> ObjectRegistry:
    """Return the registry in a bucket of S3.

    Args:
        config: The registry's settings.
        context: Whom it is built for.

    Raises:
        ConfigError: No bucket is named.
    """
    settings = complete_s3(config, context)
    name, _, prefix = (settings.path or "").removeprefix("s3://").partition("/")
    return ObjectRegistry(S3Bucket(name, settings), prefix.strip("/"), context.clock)
