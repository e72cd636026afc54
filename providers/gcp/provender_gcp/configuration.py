"""The settings of the Google Cloud provider and of its stores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import Field

from provender.plugin import Matching, PluginContext, Role, StoreConfig
from provender.plugin import provider_settings as settings_of

Kind = TypeVar("Kind", bound=StoreConfig)
Endpoint = Annotated[
    str, Matching(r"https?://[^/\s]+/?", "an address such as http://127.0.0.1:8080")
]
"""``https://host`` of Google's, or ``http://host:port`` of an emulator, which has no accounts."""


class CloudConfig(StoreConfig):
    """Settings that the stores share; a store that leaves one out takes that of ``gcp:``.

    Attributes:
        project_id: The Google Cloud project; None: that of the credentials.
        credentials_file: A JSON file with credentials, relative to feature_store.yaml; None:
            Application Default Credentials.
    """

    project_id: str | None = None
    credentials_file: str | None = None


class GcpConfig(CloudConfig):
    """The keys under ``gcp:`` of feature_store.yaml.

    Attributes:
        project_id: The Google Cloud project; None: that of the credentials.
        credentials_file: A JSON file with credentials, relative to feature_store.yaml; None:
            Application Default Credentials.
        location: Where BigQuery's data are, such as ``EU``; None: where the dataset is.
        dataset: The BigQuery dataset for what Provender itself writes.
        database: The Firestore database of the online store.
        bucket: The bucket of the registry, unless that names another one.
        bigquery_endpoint: Another address of BigQuery; ``http://`` is an emulator's.
        bigquery_storage_endpoint: Another address of BigQuery's Storage API.
        firestore_endpoint: Another address of Firestore.
        storage_endpoint: Another address of Cloud Storage.
    """

    location: str | None = None
    dataset: str | None = None
    database: str = "(default)"
    bucket: str | None = None
    bigquery_endpoint: Endpoint | None = None
    bigquery_storage_endpoint: Endpoint | None = None
    firestore_endpoint: Endpoint | None = None
    storage_endpoint: Endpoint | None = None


class FirestoreConfig(CloudConfig):
    """Settings of the ``firestore`` online store.

    Attributes:
        project_id: The Google Cloud project; None: that of ``gcp:``.
        credentials_file: A JSON file with credentials; None: that of ``gcp:``.
        database: The database, which must be in Native mode; None: that of ``gcp:``.
        collection: The collection that holds a document for each view, and below it its rows.
        endpoint: Another address of Firestore; ``http://host:port`` is an emulator's.
        batch_rows: The most rows that are written with one request; Firestore takes 500.
        read_rows: The most rows that are read with one request.
        parallel: The most requests that one call has in flight.
        writes_per_second: How fast a bulk load begins, half as fast again after every five
            minutes, as Firestore wants it; None: as fast as it goes.
        timeout_seconds: How long a request is retried without progress.
    """

    database: str | None = None
    collection: Annotated[
        str,
        Matching(
            r"[^/.\s][^/\s]*",
            "the name of a collection: no / and no blanks, not beginning with a dot",
        ),
    ] = "provender"
    endpoint: Endpoint | None = None
    batch_rows: int = Field(default=250, ge=1, le=500)
    read_rows: int = Field(default=100, ge=1, le=1000)
    parallel: int = Field(default=8, ge=1, le=256)
    writes_per_second: int | None = Field(default=500, ge=1)
    timeout_seconds: float = Field(default=60.0, gt=0)


class GcsRegistryConfig(CloudConfig):
    """Settings of the ``gcs`` registry.

    Attributes:
        path: Where the documents are: ``gs://bucket/prefix``; None: ``provender/registry`` in the
            bucket of ``gcp:``.
        project_id: The Google Cloud project; None: that of ``gcp:``.
        credentials_file: A JSON file with credentials; None: that of ``gcp:``.
        endpoint: Another address of Cloud Storage; ``http://host:port`` is an emulator's.
        timeout_seconds: How long a request is retried in total.
    """

    path: (
        Annotated[
            str,
            Matching(
                r"gs://[^/\s]+(/.*)?",
                "gs://bucket or gs://bucket/path",
            ),
        ]
        | None
    ) = None
    endpoint: Endpoint | None = None
    timeout_seconds: float = Field(default=60.0, gt=0)


@dataclass(frozen=True, slots=True)
class Cloud:
    """What a store needs to know to open a client.

    Attributes:
        project_id: The project, if the configuration names it.
        credentials_file: The file with credentials, if the configuration names one.
        settings: The whole of ``gcp:``.
    """

    project_id: str | None
    credentials_file: Path | None
    settings: GcpConfig


def cloud(config: CloudConfig, context: PluginContext) -> Cloud:
    """Return the settings that hold for a store: its own, else those under ``gcp:``.

    Raises:
        ConfigError: Something under ``gcp:`` is wrong.
    """
    shared = provider_settings(context)
    file = config.credentials_file or shared.credentials_file
    return Cloud(
        config.project_id or shared.project_id,
        context.repo_path / Path(file).expanduser() if file else None,
        shared,
    )


def provider_settings(context: PluginContext) -> GcpConfig:
    """Return what stands under ``gcp:`` of feature_store.yaml.

    Raises:
        ConfigError: Everything that is wrong there, as one error.
    """
    return settings_of("gcp", GcpConfig, context)


def chosen(context: PluginContext, role: Role, kind: type[Kind]) -> Kind | None:
    """Return the settings of the store that serves a role; None when it is of another kind."""
    found = context.stores.get(role)
    return found if isinstance(found, kind) else None


def is_emulator(endpoint: str | None) -> bool:
    """Return whether an endpoint is an emulator's: without encryption and without accounts."""
    return endpoint is not None and endpoint.startswith("http://")
