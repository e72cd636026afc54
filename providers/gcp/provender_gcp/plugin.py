"""The entry point of the Google Cloud provider: light, it imports no client library."""

from __future__ import annotations

from collections.abc import Sequence

from provender.plugin import (
    Finding,
    PluginContext,
    ProviderInfo,
    StoreType,
    hookimpl,
)
from provender_gcp.bigquery_configuration import BigQueryConfig
from provender_gcp.configuration import FirestoreConfig, GcpConfig, GcsRegistryConfig

info = ProviderInfo(
    name="gcp",
    api_version=2,
    stores={
        "offline": (
            StoreType(
                "bigquery",
                BigQueryConfig,
                frozenset({"parquet_spine", "sql_spine", "sql", "nested", "zero_in_text"}),
                shorthand="dataset",
                factory="provender_gcp.bigquery_store:BigQueryStore",
            ),
        ),
        "online": (
            StoreType(
                "firestore",
                FirestoreConfig,
                frozenset(
                    {"multi_process", "count", "delete", "keys", "swap", "figures", "expiry"}
                ),
                factory="provender_gcp.firestore_store:FirestoreStore",
            ),
        ),
        "registry": (
            StoreType(
                "gcs",
                GcsRegistryConfig,
                frozenset({"multi_process"}),
                shorthand="path",
                factory="provender_gcp.gcs_registry:gcs_registry",
            ),
        ),
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
    settings=GcpConfig,
)


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
