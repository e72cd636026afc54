"""The registry in Cloud Storage: where its bucket is."""

from __future__ import annotations

from provender.errors import ConfigError
from provender.plugin import ObjectRegistry, PluginContext
from provender_gcp.configuration import GcsRegistryConfig, cloud, provider_settings
from provender_gcp.gcs_bucket import GcsBucket


def gcs_registry(config: GcsRegistryConfig, context: PluginContext) -> ObjectRegistry:
    """Return the registry in a bucket of Cloud Storage.

    Args:
        config: The registry's settings.
        context: Whom it is built for.

    Raises:
        ConfigError: No bucket is named, or there are no credentials.
    """
    settings = cloud(config, context)
    name, prefix = address(config, context)
    endpoint = config.endpoint or settings.settings.storage_endpoint
    bucket = GcsBucket(name, endpoint, settings, config.timeout_seconds)
    return ObjectRegistry(bucket, prefix, context.clock)


def address(config: GcsRegistryConfig, context: PluginContext) -> tuple[str, str]:
    """Return the bucket of a registry and the prefix of its objects.

    Raises:
        ConfigError: No bucket is named.
    """
    if config.path is not None:
        bucket, _, prefix = config.path.removeprefix("gs://").partition("/")
        return bucket, prefix.strip("/")
    shared = provider_settings(context).bucket
    if shared is None:
        raise ConfigError(
            "no bucket is named for the registry",
            allowed="registry: gs://bucket/prefix, or gcp: {bucket: bucket}",
            fix="gcloud storage buckets create gs://BUCKET --location=EU creates one",
        )
    return shared, "provender/registry"
