"""Where the features are: tables of Redshift."""

import os

from provender_aws import RedshiftSource


def rows(name: str, timestamp_field: str) -> RedshiftSource:
    """The rows of a view; they are written some time after the instant that they are about."""
    return RedshiftSource(
        table=f"{os.environ['FLIGHTS_PREFIX']}_{name}",
        schema=os.environ["FLIGHTS_SCHEMA"],
        timestamp_field=timestamp_field,
        created_timestamp_column="written",
    )
