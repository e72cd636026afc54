"""Tables of BigQuery."""

from provender_feast.definitions import BigQuerySource

__all__ = ["BigQuerySource"]
