"""The entry point of the Google Cloud provider: light, it imports no client library."""

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
from provender_gcp.bigquery_configuration import BigQueryConfig
from provender_gcp.configuration import FirestoreConfig, GcsRegistryConfig

_OFFLINE = frozenset({"parquet_spine", "sql_spine", "sql", "nested", "zero_in_text"})
_ONLINE = frozenset({"multi_process", "count", "delete", "keys"})
_REGISTRY = frozenset({"multi_process"})

info = ProviderInfo(
    name="gcp",
    stores={
        "offline": (StoreType("bigquery", BigQueryConfig, _OFFLINE, shorthand="dataset"),),
        "online": (StoreType("firestore", FirestoreConfig, _ONLINE),),
        "registry": (StoreType("gcs", GcsRegistryConfig, _REGISTRY, shorthand="path"),),
    },
    sources={"bigquery": "provender_gcp.bigquery_source:BigQuerySource"},
    extra="gcp",
    requires=(
        "google.cloud.bigquery",
        "google.cloud.bigquery_storage",
        "google.cloud.firestore",
        "google.cloud.firestore_v1",
        "google.cloud.storage",
        "google.api_core",
        "google.auth",
    ),
)


@hookimpl
def provender_offline_store(config: StoreConfig, context: PluginContext) -> OfflineStore | None:
    """Build the BigQuery store."""
    if not isinstance(config, BigQueryConfig):
        return None
    from provender_gcp.bigquery_store import BigQueryStore

    return BigQueryStore(config, context)


@hookimpl
def provender_online_store(config: StoreConfig, context: PluginContext) -> OnlineStore | None:
    """Build the Firestore store."""
    if not isinstance(config, FirestoreConfig):
        return None
    from provender_gcp.firestore_store import FirestoreStore

    return FirestoreStore(config, context)


@hookimpl
def provender_registry(config: StoreConfig, context: PluginContext) -> Registry | None:
    """Build the registry in a bucket."""
    if not isinstance(config, GcsRegistryConfig):
        return None
    from provender_gcp.gcs_registry import gcs_registry

    return gcs_registry(config, context)


@hookimpl
def provender_after_apply(context: PluginContext) -> None:
    """Set the fields of Firestore's rows up, where that is not so yet."""
    if isinstance(context.stores.get("online"), FirestoreConfig):
        from provender_gcp.firestore_fields import set_up

        set_up(context)


@hookimpl
def provender_check(context: PluginContext) -> Sequence[Finding]:
    """Look at the credentials, the database, the bucket and what is allowed."""
    from provender_gcp.checks import findings

    return findings(context)
