"""The settings of the BigQuery offline store."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from provender.plugin import Matching, PluginContext
from provender_gcp.configuration import (
    Cloud,
    CloudConfig,
    Endpoint,
    cloud,
    is_emulator,
)

Label = Annotated[str, Matching(r"[\w-]{0,63}", "at most 63 letters, digits, _ and -")]
"""The key or the value of a label, as Google Cloud allows them."""


class BigQueryConfig(CloudConfig):
    """Settings of the ``bigquery`` offline store.

    Attributes:
        project_id: The project that pays for the queries; None: that of ``gcp:``.
        credentials_file: A JSON file with credentials; None: that of ``gcp:``.
        dataset: The dataset for temporary tables, ``dataset`` or ``project.dataset``; None:
            that of ``gcp:``.
        location: Where jobs run, such as ``EU``; None: that of ``gcp:``, else where the data are.
        endpoint: Another address of the REST API; ``http://host:port`` is an emulator's.
        storage_endpoint: Another address of the Storage Read API.
        read_api: How results are read: ``storage`` in columns, ``rest`` in pages, ``auto`` as
            storage when its client is installed.
        labels: Labels of every job.
        priority: ``BATCH`` jobs wait for idle slots.
        maximum_bytes_billed: A query that would read more fails and costs nothing; None: no
            limit.
        timeout_seconds: How long a job may take, its waiting included.
        retry_seconds: How long a request that fails temporarily is retried.
        staging_hours: When temporary tables expire that were not removed.
        query_characters: A join whose query would be longer is cut into several; BigQuery takes
            a million.
        views_per_query: A join of more views is cut into several.
        price_per_tib: What BigQuery charges for reading 2^40 bytes, for estimates.
        currency: The currency of that price.
    """

    dataset: str | None = None
    location: str | None = None
    endpoint: Endpoint | None = None
    storage_endpoint: Endpoint | None = None
    read_api: Literal["auto", "storage", "rest"] = "auto"
    labels: dict[Label, Label] = Field(default_factory=dict)
    priority: Literal["INTERACTIVE", "BATCH"] = "INTERACTIVE"
    maximum_bytes_billed: int | None = Field(default=None, gt=0)
    timeout_seconds: float = Field(default=3600.0, gt=0)
    retry_seconds: float = Field(default=120.0, gt=0)
    staging_hours: float = Field(default=24.0, gt=0)
    query_characters: int = Field(default=800_000, ge=1000, le=1_000_000)
    views_per_query: int = Field(default=20, ge=1)
    price_per_tib: float = Field(default=6.25, ge=0)
    currency: Annotated[
        str, Matching(r"[A-Z]{3}", "the ISO 4217 code of a currency, such as USD")
    ] = "USD"


class Place:
    """Where the store's jobs and temporary tables are: its own settings, else those of ``gcp:``.

    Args:
        config: The store's settings.
        context: The project.

    Attributes:
        cloud: The project and its credentials, as configured.
        dataset: The dataset for temporary tables, if one is named.
        location: Where jobs run, if it is named.
        endpoint: Another address of the REST API.
        storage_endpoint: Another address of the Storage Read API.
        emulator: Whether the server has no accounts.
    """

    def __init__(self, config: BigQueryConfig, context: PluginContext) -> None:
        self.cloud: Cloud = cloud(config, context)
        shared = self.cloud.settings
        self.dataset = config.dataset or shared.dataset
        self.location = config.location or shared.location
        self.endpoint = config.endpoint or shared.bigquery_endpoint
        self.storage_endpoint = config.storage_endpoint or shared.bigquery_storage_endpoint
        self.emulator = is_emulator(self.endpoint)
