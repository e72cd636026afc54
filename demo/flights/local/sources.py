"""Where the features are: Parquet files."""

from provender import FileSource


def rows(name: str, timestamp_field: str) -> FileSource:
    """The rows of a view; they are written some time after the instant that they are about."""
    return FileSource(
        f"data/{name}.parquet",
        timestamp_field=timestamp_field,
        created_timestamp_column="written",
    )
