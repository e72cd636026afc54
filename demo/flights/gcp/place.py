"""The demo on Google Cloud: BigQuery, Firestore, Cloud Storage.

Servers for tests stand for them, started and stopped here; with ``PROVENDER_GCP_PROJECT`` and
``PROVENDER_GCP_BUCKET`` set it is a project of the cloud (docs/providers/gcp.md).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from servers.bigquery import bigquery_client, bigquery_settings
from servers.google_cloud import firestore_settings, registry_settings

_SETTINGS: dict[str, Any] = {}
"""Of the BigQuery store that is open."""


@contextmanager
def opened(repository: Path) -> Iterator[None]:
    """Start the servers, or find the cloud's, and configure the repository for them.

    Raises:
        SystemExit: A server is not installed.
    """
    with ExitStack() as stack:
        try:
            offline = stack.enter_context(bigquery_settings())
            online = stack.enter_context(firestore_settings())
            registry = stack.enter_context(registry_settings())
        except pytest.skip.Exception as missing:
            raise SystemExit(str(missing)) from None
        config = {
            "project": "flights",
            "provider": "gcp",
            "offline_store": {"type": "bigquery", **offline},
            "online_store": {"type": "firestore", **online},
            "registry": {"type": "gcs", **registry},
        }
        (repository / "feature_store.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        _SETTINGS.update(offline)
        os.environ["FLIGHTS_DATASET"] = offline["dataset"]
        yield


def load(data: Path) -> str:
    """Load the files into tables, as `bq load` does."""
    from google.cloud import bigquery

    how = bigquery.LoadJobConfig(source_format="PARQUET")
    with closing(bigquery_client(_SETTINGS)) as client:
        for file in sorted(data.glob("*.parquet")):
            if file.stem != "spine":
                name = f"{client.project}.{_SETTINGS['dataset']}.{file.stem}"
                with file.open("rb") as rows:
                    client.load_table_from_file(rows, name, job_config=how).result()
        return f"into dataset {_SETTINGS['dataset']} of {client.project}"
