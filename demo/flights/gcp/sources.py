"""Where the features are: tables of BigQuery."""

import os

from provender_gcp import BigQuerySource


def rows(name: str, timestamp_field: str) -> BigQuerySource:
    """The rows of a view; they are written some time after the instant that they are about."""
    return BigQuerySource(
        table=f"{os.environ['FLIGHTS_DATASET']}.{name}",
        timestamp_field=timestamp_field,
        created_timestamp_column="written",
    )
