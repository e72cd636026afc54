"""The entry point of the Google Cloud provider: light, it imports no client library."""

from __future__ import annotations

from provender.plugin import ProviderInfo

info = ProviderInfo(
    name="gcp",
    stores={},
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
